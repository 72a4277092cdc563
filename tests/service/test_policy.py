"""The policy: what each finding leads to, and what is never said."""

from dataclasses import replace

import pytest

from attest.standing import Registration, Standing
from detector.similarity import CampaignSummary, Match, Similarity
from provenance.inspection.inspection import Credential, Inspection, Origin, Revocation
from service import policy
from service.report import Registry, Report, Subject, compose

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
