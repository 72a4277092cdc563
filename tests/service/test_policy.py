"""The policy: what each finding leads to, and what is never said."""

from dataclasses import replace

import pytest

from attest.standing import Registration, Standing
from detector.similarity import Banked, CampaignSummary, Match, Similarity
from provenance.inspection.inspection import (
    Credential,
    Finding,
    History,
    Inspection,
    ListVerdict,
    Origin,
    Revocation,
    SigningTime,
    Statement,
)
from service import policy
from service.report import Original, Registry, Report, Subject, compose

SUBJECT = Subject("0" * 64, "image/jpeg", "photo.jpg", 10)
NOTHING = Standing(Registration.NONE)
MATCH = Match("item", 0.97, 6, "pdq/1", 31, "PDQ differs in 6 of 256 bits.", subject="att-1", tenant="1")


def report(
    credential: Credential = Credential.NONE,
    standing: Standing = NOTHING,
    similarity: Similarity | None = None,
    **axes: object,
) -> Report:
    inspection = replace(Inspection(credential), **axes)
    return policy.decide(compose(SUBJECT, inspection, standing, similarity or Similarity()))


def campaign(size: int) -> Similarity:
    return Similarity(
        campaign=CampaignSummary("c", size, 1, 1, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    )


def codes(of: Report) -> list[str]:
    return [reason.code for reason in of.reasons]


def test_absence_of_credentials_is_never_called_fake() -> None:
    found = report()
    assert (found.action, codes(found)) == ("accept", ["unattested"])
    assert "does not make it fake" in found.reasons[0].sentence


def test_a_broken_credential_is_flagged_even_when_the_log_knows_the_bytes() -> None:
    found = report(Credential.INVALID, Standing(Registration.ATTESTED, leaf_index=0))
    assert found.action == "flag"
    assert codes(found)[0] == "credential_invalid"
    assert policy.outcome(found) is policy.Outcome.REFUSED


def test_a_broken_credential_declares_nothing_in_its_signers_name() -> None:
    found = report(Credential.INVALID, origin=Origin.HUMAN, signer="Leica")
    assert (found.origin.status, found.origin.by) == (Origin.HUMAN, None)
    logged = Standing(Registration.ATTESTED, leaf_index=0, source_type="ai_generated", log_origin="a/log")
    known = report(Credential.INVALID, logged, origin=Origin.HUMAN, signer="Leica")
    assert (known.origin.status, known.origin.by) == (Origin.AI_GENERATED, "log a/log")


def test_an_unknown_issuer_alone_vouches_for_nothing() -> None:
    found = report(Credential.UNTRUSTED_ISSUER, signer="The New York Times")
    assert policy.outcome(found) is policy.Outcome.UNCHECKED


def test_an_unknown_issuer_with_a_log_entry_is_verified() -> None:
    found = report(Credential.UNTRUSTED_ISSUER, Standing(Registration.ATTESTED, leaf_index=0))
    assert policy.outcome(found) is policy.Outcome.VERIFIED


@pytest.mark.parametrize("registration", [Registration.ATTESTED, Registration.ATTESTED_VARIANT])
def test_a_log_entry_is_accepted(registration: Registration) -> None:
    found = report(standing=Standing(registration, leaf_index=0))
    assert found.action == "accept"
    assert policy.outcome(found) is policy.Outcome.VERIFIED


def test_a_revoked_attestation_is_refused() -> None:
    found = report(Credential.TRUSTED, Standing(Registration.REVOKED, leaf_index=0))
    assert found.action == "flag"
    assert policy.outcome(found) is policy.Outcome.REFUSED


def test_a_revoked_signer_is_refused_though_the_signature_is_fine() -> None:
    found = report(Credential.TRUSTED, revocation=Revocation.REVOKED)
    assert policy.outcome(found) is policy.Outcome.REFUSED


def test_a_revoked_signer_is_refused_with_its_date() -> None:
    found = report(Credential.TRUSTED, revocation=Revocation.REVOKED, revoked_at="2026-03-01T10:00:00Z")
    assert "signer_revoked" in codes(found)
    assert "2026-03-01" in found.reasons[0].sentence
    assert found.action == "flag"


LATER = Finding("assay.revokedLater", "", 0, "")
REVOKED = {
    "revocation": Revocation.REVOKED,
    "revoked_at": "2026-03-01T10:00:00Z",
    "time": SigningTime.TIMESTAMPED,
    "stamped_at": "2026-02-01T10:00:00Z",
}


def test_a_signer_revoked_after_a_trusted_time_stamp_is_reviewed_and_not_refused() -> None:
    found = report(Credential.TRUSTED, findings=(LATER,), **REVOKED)
    assert (found.action, found.reasons[0].code) == ("review", "signer_revoked_later")
    assert "2026-03-01" in found.reasons[0].sentence
    assert "2026-02-01" in found.reasons[0].sentence
    assert policy.outcome(found) is policy.Outcome.VERIFIED


@pytest.mark.parametrize(
    "findings",
    [(), (LATER, Finding("signingCredential.ocsp.revoked", "", 1, ""))],
    ids=["not excused", "another one not excused"],
)
def test_a_revoked_signer_is_refused_unless_the_reader_excuses_every_one(
    findings: tuple[Finding, ...],
) -> None:
    found = report(Credential.TRUSTED, findings=findings, **REVOKED)
    assert found.reasons[0].code == "signer_revoked"
    assert policy.outcome(found) is policy.Outcome.REFUSED


def test_an_unknown_revocation_is_said_and_holds_nothing_up() -> None:
    found = report(Credential.TRUSTED)
    assert "revocation_unknown" in codes(found)
    assert found.action == "accept"
    assert "revocation_unknown" not in codes(report(Credential.TRUSTED, revocation=Revocation.GOOD))


def test_a_signer_trusted_by_one_list_and_unknown_to_another_stays_trusted_and_both_are_named() -> None:
    lists = (
        ListVerdict("press", "1", "a" * 64, "trusted"),
        ListVerdict("official", "2", "b" * 64, "unknown"),
    )
    found = report(Credential.TRUSTED, trust_list="press", trust_lists=lists)
    said = {reason.code: reason.sentence for reason in found.reasons}
    assert "“press” and unknown to “official”" in said["lists_disagree"]
    assert found.action == "accept"
    assert policy.outcome(found) is policy.Outcome.VERIFIED
    assert "lists_disagree" not in codes(report(Credential.TRUSTED, trust_lists=lists[:1]))


def test_an_intact_credential_of_a_known_issuer_is_not_said_to_be_of_an_unknown_one() -> None:
    lists = (ListVerdict("press", "1", "a" * 64, "trusted"),)
    found = report(Credential.UNTRUSTED_ISSUER, trust_lists=lists)
    assert "issuer_unknown" not in codes(found)
    assert "credential_untrusted" in codes(found)


def test_a_certificate_that_expired_without_a_time_stamp_is_said_with_its_date() -> None:
    expired = Finding("signingCredential.expired", "", 0, "")
    found = report(Credential.UNTRUSTED_ISSUER, findings=(expired,), valid_to="2026-01-31T00:00:00Z")
    said = {reason.code: reason.sentence for reason in found.reasons}
    assert "2026-01-31" in said["signer_expired"]
    # A list may know who issued it; it is the time that is over.
    assert "issuer_unknown" not in said
    older = replace(expired, depth=1)
    assert "signer_expired" not in codes(report(Credential.UNTRUSTED_ISSUER, findings=(older,)))


@pytest.mark.parametrize(
    ("history", "code", "action"),
    [
        (History.TAMPERED_INGREDIENT, "ingredient_tampered", "flag"),
        (History.ERASED, "history_erased", "review"),
        (History.INTACT, "ingredient_untrusted", "accept"),
    ],
)
def test_what_is_wrong_further_back_is_told_in_the_readers_own_words(
    history: History, code: str, action: str
) -> None:
    sentence = "The ingredient “the bridge.jpg”, 2 steps back, …"
    unknown = Finding("signingCredential.untrusted", "", 2, "the bridge.jpg")
    said = (Statement("signer", "x", "Not this.", ()), Statement("history", history, sentence, ()))
    found = report(Credential.UNTRUSTED_ISSUER, history=history, findings=(unknown,), statements=said)
    assert {reason.code: reason.sentence for reason in found.reasons}[code] == sentence
    assert found.action == action
    older = report(Credential.UNTRUSTED_ISSUER, history=history, findings=(unknown,))
    assert code in codes(older), "a row of an earlier version has no statements"


def test_an_unknown_signer_of_the_file_itself_is_no_unknown_ingredient() -> None:
    own = Finding("signingCredential.untrusted", "", 0, "sky.png")
    assert "ingredient_untrusted" not in codes(report(Credential.UNTRUSTED_ISSUER, findings=(own,)))


def test_bytes_hidden_in_the_padding_are_reviewed() -> None:
    found = report(Credential.TRUSTED, padding_bytes=17, padding_hex="68656c6c6f")
    assert (found.action, found.reasons[0].code) == ("review", "hidden_padding")
    assert "17 bytes" in found.reasons[0].sentence


def test_a_variant_of_an_attestation_is_said_to_have_other_bytes() -> None:
    found = report(standing=Standing(Registration.ATTESTED_VARIANT, leaf_index=0))
    assert "other bytes" in found.reasons[0].sentence


def test_a_copy_without_credentials_is_named_with_its_original() -> None:
    found = report(similarity=Similarity((MATCH,)))
    assert found.registry.status is Registry.ATTESTED_COPY
    assert found.registry.original == "att-1"
    assert (found.action, codes(found)) == ("review", ["attested_copy"])


def test_content_with_its_own_credential_is_not_called_a_copy() -> None:
    assert report(Credential.TRUSTED, similarity=Similarity((MATCH,))).registry.status is Registry.NONE


@pytest.mark.parametrize(("size", "action"), [(2, "accept"), (3, "review"), (9, "review"), (10, "flag")])
def test_a_campaign_is_reviewed_and_then_flagged_as_it_grows(size: int, action: str) -> None:
    assert report(similarity=campaign(size)).action == action


def test_somebody_elses_near_duplicate_is_held() -> None:
    assert policy.attestable(Similarity((MATCH,)), "2", "none").action is policy.Action.REVIEW


def test_ones_own_near_duplicate_is_not_held() -> None:
    assert policy.attestable(Similarity((MATCH,)), "1", "none").action is policy.Action.ACCEPT


def test_an_upload_with_a_broken_credential_is_not_signed_over() -> None:
    assert policy.attestable(Similarity(), "1", "invalid").action is policy.Action.FLAG


def test_a_broken_credential_is_signed_over_where_the_caller_insists_and_the_reason_stays() -> None:
    verdict = policy.attestable(Similarity(), "1", "invalid", accept_broken_parent=True)
    assert verdict.action is policy.Action.ACCEPT
    assert [reason.code for reason in verdict.reasons] == ["broken_parent_accepted"]
    assert policy.attestable(Similarity(), "1", "trusted", accept_broken_parent=True).reasons == ()


ORIGINAL = Original("att-1", 7, "human", "c" * 64)


def conflicting(credential: Credential, **axes: object) -> Report:
    inspection = replace(Inspection(credential), **axes)
    return policy.decide(compose(SUBJECT, inspection, NOTHING, Similarity((MATCH,)), ORIGINAL))


@pytest.mark.parametrize("credential", [Credential.TRUSTED, Credential.UNTRUSTED_ISSUER])
def test_a_copy_whose_credential_claims_another_origin_is_a_conflict(credential: Credential) -> None:
    found = conflicting(credential, origin=Origin.AI_GENERATED, signer="Somebody")
    assert found.action == "review"
    assert "origin_conflict" in codes(found)
    assert found.origin.conflict is not None
    assert "Somebody" in found.origin.conflict


def test_a_version_whose_history_holds_the_attested_claim_is_no_conflict() -> None:
    assert conflicting(Credential.TRUSTED, ancestors=("c" * 64,)).origin.conflict is None
    assert conflicting(Credential.NONE).origin.conflict is None


def test_a_copy_without_credentials_names_the_original_and_its_proof() -> None:
    axis = conflicting(Credential.NONE).registry
    assert (axis.original, axis.original_leaf, axis.original_proof) == ("att-1", 7, "/api/v1/proofs/7")


def banked(bank: str) -> Banked:
    return Banked(bank, "e", "logo", 0.9, 3.0, "pdq/1", 31.0, "Looks the same.")


def test_known_bad_is_flagged_and_known_good_never_for_its_likeness() -> None:
    many = replace(campaign(100), matches=(MATCH,))
    bad = report(similarity=replace(Similarity(), bank=banked("deny")))
    assert (bad.action, codes(bad)[0]) == ("flag", "known_bad")
    good = report(similarity=replace(many, bank=banked("allow")))
    assert (good.action, "campaign" in codes(good)) == ("accept", False)
    broken = report(Credential.INVALID, similarity=replace(many, bank=banked("allow")))
    assert broken.action == "flag"


@pytest.mark.parametrize(
    ("standing", "size", "action", "code"),
    [
        ("benign", 500, "accept", "benign_flood"),
        ("dismissed", 500, "accept", "campaign_dismissed"),
        ("confirmed", 2, "flag", "campaign"),
    ],
)
def test_what_a_campaign_is_taken_for_goes_before_its_size(
    standing: str, size: int, action: str, code: str
) -> None:
    held = campaign(size)
    assert held.campaign is not None
    found = report(similarity=replace(held, campaign=replace(held.campaign, standing=standing)))
    assert (found.action, code in codes(found)) == (action, True)


def test_what_is_too_plain_is_neither_a_copy_nor_held() -> None:
    plain = Similarity((MATCH,), plain=True)
    assert report(similarity=plain).registry.status is Registry.NONE
    assert "too_plain" in codes(report(similarity=plain))
    assert policy.attestable(plain, "2", "none").action is policy.Action.ACCEPT
    assert policy.screening(plain).reasons[0].code == "too_plain"
