"""The report: what is composed from the stages' values, and how those are kept."""

import json
from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.standing import Anchor, Finality, Registration, Standing
from detector.fingerprints.fingerprint import Unread
from detector.similarity import CampaignSummary, Match, Similarity
from provenance.inspection.inspection import (
    Credential,
    Finding,
    Inspection,
    ListVerdict,
    NamedIdentity,
    Product,
    SigningTime,
    Statement,
)
from service import policy
from service.report import CredentialAxis, Report, Subject, compose, inspection_from, similarity_from

SUBJECT = Subject("0" * 64, "image/jpeg", "photo.jpg", 10)
FULL = Inspection(
    Credential.TRUSTED,
    time=SigningTime.TIMESTAMPED,
    signer="Ada, Press",
    stamped_at="2026-11-01T10:00:00Z",
    stamped_by="A time authority",
    claimed_at="2026-11-01T09:59:00Z",
    findings=(Finding("assay.padding", "Hidden.", 0, ""),),
    trust_lists=(ListVerdict("press", "3", "a" * 64, "trusted"),),
    product=Product("Camera 1", "Maker", "r-1", "conformant", 2),
    identities=(NamedIdentity("Ada", "x509", "trusted"),),
    statements=(Statement("credential", "trusted", "It holds.", ("claimSignature.validated",)),),
    padding_hex="00ff",
    padding_bytes=2,
)


def anchored(time: str | None, chain: int = 1, trust: str = "public") -> Anchor:
    return Anchor(chain, "0x0", 5 if time else None, time, Finality.FINAL, trust)


def logged(*anchors: Anchor, matched: str = "file") -> Standing:
    return Standing(
        Registration.ATTESTED,
        leaf_index=0,
        log_origin="a/log",
        attested_at="2026-11-02T00:00:00Z",
        anchors=anchors,
        matched=matched,
    )


def codes(report: Report) -> list[str]:
    return [contradiction.code for contradiction in report.contradictions]


def test_the_credential_axis_holds_all_that_the_reader_found() -> None:
    axis = compose(SUBJECT, FULL, Standing(Registration.NONE), Similarity()).credential
    known = {field.name for field in fields(CredentialAxis)}
    taken = {field.name for field in fields(Inspection)} & known
    assert known - taken == {"status"}
    for name in taken - {"revocation", "time", "history"}:
        assert getattr(axis, name) == getattr(FULL, name)


def test_every_time_stands_beside_the_others_with_who_gives_it() -> None:
    report = compose(SUBJECT, FULL, logged(anchored("2026-11-03T00:00:00Z")), Similarity())
    assert [(moment.kind, moment.by, moment.trust) for moment in report.times] == [
        ("timestamped", "A time authority", "trusted"),
        ("claimed", "Ada, Press", "claim"),
        ("logged", "a/log", "operator"),
        ("anchored", "chain 1", "public"),
    ]
    assert report.contradictions == ()


def test_a_time_stamp_of_an_unknown_authority_is_shown_as_untrusted() -> None:
    claimed = replace(FULL, time=SigningTime.CLAIMED)
    report = compose(SUBJECT, claimed, Standing(Registration.NONE), Similarity())
    assert report.times[0].trust == "untrusted"


def test_an_anchor_without_a_block_gives_no_time() -> None:
    report = compose(SUBJECT, Inspection(Credential.NONE), logged(anchored(None)), Similarity())
    assert [moment.kind for moment in report.times] == ["logged"]


def test_what_is_signed_after_it_was_anchored_is_a_contradiction_to_review() -> None:
    late = logged(anchored("2026-11-20T00:00:00Z"), anchored("2026-10-01T00:00:00Z", chain=8453))
    report = policy.decide(compose(SUBJECT, FULL, late, Similarity()))
    assert codes(report) == ["claimed_after_anchored"]
    assert "chain 8453 holds it since 2026-10-01T00:00:00Z" in report.contradictions[0].sentence
    assert report.action == "review"
    assert "claimed_after_anchored" in [reason.code for reason in report.reasons]


def test_clocks_may_differ_a_little() -> None:
    claimed = Inspection(Credential.TRUSTED, claimed_at="2026-11-01T10:00:00Z")
    for block, found in (("09:55:30", []), ("09:50:00", ["claimed_after_anchored"])):
        near = logged(anchored(f"2026-11-01T{block}Z"))
        assert codes(compose(SUBJECT, claimed, near, Similarity())) == found


def test_a_credential_beside_the_content_may_be_younger_than_the_content() -> None:
    early = anchored("2026-10-01T00:00:00Z")
    beside = replace(SUBJECT, detached=True)
    assert codes(compose(beside, FULL, logged(early), Similarity())) == []
    same_claim = logged(early, matched="claim")
    assert codes(compose(beside, FULL, same_claim, Similarity())) == ["claimed_after_anchored"]


def test_a_credential_fetched_from_elsewhere_may_be_younger_too() -> None:
    elsewhere = replace(FULL, findings=(Finding("assay.remoteManifestFetched", "", 0, ""),))
    assert codes(compose(SUBJECT, elsewhere, logged(anchored("2026-10-01T00:00:00Z")), Similarity())) == []


def test_contradictions_that_the_reader_finds_are_reviewed() -> None:
    found = replace(
        FULL,
        findings=(
            Finding("assay.claimedAfterStamped", "Later than its stamp.", 0, ""),
            Finding("assay.claimedInFuture", "Not of the file itself.", 1, "old.jpg"),
        ),
    )
    report = policy.decide(compose(SUBJECT, found, Standing(Registration.NONE), Similarity()))
    assert codes(report) == ["claimed_after_stamped"]
    assert report.contradictions[0].sentence == "Later than its stamp."
    assert report.action == "review"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_in_the_place_of_a_time_breaks_the_report(claimed: str, block: str) -> None:
    odd = Inspection(Credential.TRUSTED, claimed_at=claimed)
    compose(SUBJECT, odd, logged(anchored(block)), Similarity())


def stored(value: Any) -> Any:
    return json.loads(json.dumps(asdict(value)))


def test_an_inspection_is_the_same_after_it_was_stored() -> None:
    assert inspection_from(stored(FULL)) == FULL


def test_an_inspection_stored_by_an_earlier_version_still_loads() -> None:
    row = stored(Inspection(Credential.UNTRUSTED_ISSUER, findings=FULL.findings))
    for name in ("statements", "trust_lists", "product", "identities", "revoked_at", "padding_hex"):
        del row[name]
    row["a field of long ago"] = 1
    assert inspection_from(row) == Inspection(Credential.UNTRUSTED_ISSUER, findings=FULL.findings)


@pytest.mark.parametrize(
    "similarity",
    [
        Similarity(),
        Similarity(
            (Match("i", 0.9, 12, "pdq/1", 31, "Alike.", subject="s", tenant="1"),),
            CampaignSummary("c", 3, 1, 1, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            degraded=True,
            methods=("pdq/1",),
            unread=Unread("decode_timeout", "Too slow."),
        ),
    ],
)
def test_a_similarity_is_the_same_after_it_was_stored(similarity: Similarity) -> None:
    assert similarity_from(stored(similarity)) == similarity


def test_a_similarity_never_computed_is_empty() -> None:
    assert similarity_from({}) == Similarity()
