"""Each axis in a sentence: all of them, of any inspection, honest about what is not known."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import (
    Credential,
    Finding,
    History,
    Inspection,
    ListVerdict,
    Revocation,
    SigningTime,
)
from provenance.inspection.reader import Inspector
from provenance.inspection.statements import statements
from provenance.manifests.manifest import Manifest

AXES = ["credential", "signer", "trust_list", "revocation", "time", "history", "pad"]
CODES = ["assertion.dataHash.mismatch", "signingCredential.untrusted", "ingredient.manifest.missing"]

findings = st.builds(Finding, st.sampled_from(CODES), st.just("x"), st.integers(0, 3), st.text(max_size=9))
times = st.one_of(st.none(), st.sampled_from(["2026-11-23T12:00:00+00:00", "nonsense"]))
inspections = st.builds(
    Inspection,
    credential=st.sampled_from(Credential),
    revocation=st.sampled_from(Revocation),
    time=st.sampled_from(SigningTime),
    history=st.sampled_from(History),
    signer=st.one_of(st.none(), st.text(max_size=20)),
    trust_list=st.one_of(st.none(), st.just("ours")),
    padding_bytes=st.integers(0, 3),
    findings=st.lists(findings, max_size=4).map(tuple),
    signed_at=times,
    stamped_at=times,
    revoked_at=times,
)


def by_axis(found: Inspection) -> dict[str, str]:
    return {one.axis: one.sentence for one in statements(found, frozenset())}


@given(inspections)
def test_every_inspection_says_every_axis_once_in_whole_sentences(found: Inspection) -> None:
    said = statements(found, frozenset())
    assert [one.axis for one in said] == AXES
    assert all(one.sentence.endswith(".") and "None" not in one.sentence for one in said)
    values = {one.axis: one.value for one in said}
    assert values["credential"] == found.credential.value
    assert values["revocation"] == found.revocation.value
    assert values["history"] == found.history.value


def test_a_broken_ingredient_is_named_with_its_title_and_depth() -> None:
    mismatch = Finding("assertion.dataHash.mismatch", "x", 2, "holiday.jpg")
    found = Inspection(
        Credential.INVALID, history=History.TAMPERED_INGREDIENT, signer="Ada", findings=(mismatch,)
    )
    said = by_axis(found)
    assert "“holiday.jpg”, 2 steps back" in said["history"]
    assert "something that it was made from does not hold" in said["credential"]
    assert "proves nothing" in said["signer"]


def test_a_known_signer_over_a_broken_ingredient_is_named_and_so_is_the_fault() -> None:
    mismatch = Finding("assertion.dataHash.mismatch", "x", 2, "holiday.jpg")
    known = Inspection(
        Credential.INVALID,
        history=History.TAMPERED_INGREDIENT,
        signer="Ada",
        trust_list="ours",
        findings=(mismatch,),
    )
    assert "trusted; but what it signed was made from something" in by_axis(known)["signer"]
    itself = replace(known, findings=(replace(mismatch, depth=0), mismatch))
    assert "proves nothing" in by_axis(itself)["signer"]
    assert "proves nothing" in by_axis(replace(known, findings=()))["signer"]


def test_an_ingredient_of_an_unknown_signer_is_named_though_the_history_is_intact() -> None:
    unknown = Finding("signingCredential.untrusted", "x", 1, "holiday.jpg")
    said = by_axis(Inspection(Credential.UNTRUSTED_ISSUER, signer="Ada", findings=(unknown,)))
    assert "holds together" in said["history"]
    assert "“holiday.jpg”, 1 step back" in said["history"]


def test_a_known_signer_is_not_called_unknown_for_a_stranger_in_its_history() -> None:
    unknown = Finding("signingCredential.untrusted", "x", 1, "holiday.jpg")
    said = by_axis(
        Inspection(Credential.UNTRUSTED_ISSUER, signer="Ada", trust_list="ours", findings=(unknown,))
    )
    assert "the authority behind it is trusted" in said["signer"]
    assert "vouches for the signer, but nobody vouches for something that it was made" in said["credential"]
    assert "“ours”" in said["trust_list"]


def test_a_known_signer_whose_time_stamp_fails_is_not_called_unknown() -> None:
    foreign = Finding("timeStamp.mismatch", "x", 0, "")
    said = by_axis(
        Inspection(Credential.UNTRUSTED_ISSUER, signer="Ada", trust_list="ours", findings=(foreign,))
    )
    assert "the authority behind it is trusted" in said["signer"]
    assert "such as its time stamp" in said["credential"]


@pytest.mark.parametrize("code", ["signingCredential.expired", "claimSignature.outsideValidity"])
def test_of_a_certificate_out_of_its_time_nothing_is_said_about_who_issued_it(code: str) -> None:
    findings = tuple(Finding(one, "x", 0, "") for one in ("signingCredential.untrusted", code))
    lists = (ListVerdict("ours", "1", "a" * 64, "unknown"),)
    said = by_axis(
        Inspection(Credential.UNTRUSTED_ISSUER, signer="Ada", findings=findings, trust_lists=lists)
    )
    for axis in ("credential", "signer", "trust_list"):
        assert "out of its time" in said[axis]
    assert "leads to no authority" not in said["trust_list"]


def test_a_signers_name_cannot_close_its_quotation_marks() -> None:
    said = by_axis(Inspection(Credential.UNTRUSTED_ISSUER, signer="Ada” is trusted. “Bob"))
    assert said["signer"].count("“") == said["signer"].count("”") == 1


def test_a_signed_file_says_what_it_proves_and_what_it_does_not(
    signed: Manifest, inspector: Inspector
) -> None:
    found = inspector.inspect(from_path(signed.signed_path, Limits()))
    said = {one.axis: one for one in found.statements}
    assert list(said) == AXES
    assert "does not say that what the content shows is true" in said["credential"].sentence
    assert said["credential"].codes == ("claimSignature.validated", "assertion.dataHash.match")
    assert "“our root”" in said["trust_list"].sentence
    assert "not known" in said["revocation"].sentence


def test_a_file_without_credentials_is_not_called_fake(inspector: Inspector, jpeg: Path) -> None:
    (said,) = inspector.inspect(from_path(jpeg, Limits())).statements
    assert "says nothing about whether it is genuine" in said.sentence
