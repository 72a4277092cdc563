"""The credential on a page: a line for each side, lists and times side by side, hidden bytes readable."""

from dataclasses import replace
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from attest.standing import Anchor, Finality, Registration, Standing
from detector.similarity import Similarity
from provenance.inspection.inspection import (
    Credential,
    Finding,
    Inspection,
    ListVerdict,
    NamedIdentity,
    Revocation,
    SigningTime,
    Statement,
)
from provenance.trust.products import Product
from service.portal.axes import axes, summary
from service.portal.axis import Axis
from service.portal.credential import credential_axis, hex_dump
from service.portal.templatetags.portal import _SHAPES
from service.report import Report, Subject, compose
from tests.service.portal.test_hostile_text import hostile, shape

LISTS = (
    ListVerdict("press", "2026-11-01", "a" * 64, "trusted"),
    ListVerdict("official", "7", "b" * 64, "unknown"),
)
SIGNED = Inspection(
    Credential.TRUSTED,
    time=SigningTime.TIMESTAMPED,
    signer="Ada",
    trust_list="press",
    trust_lists=LISTS,
    stamped_at="2026-11-01T10:00:00Z",
    stamped_by="Clock",
    claimed_at="2026-11-01T09:59:00Z",
    product=Product("Camera 1", "Maker", "r-1", "conformant", 2),
    identities=(NamedIdentity("Ada L.", "x509", "untrusted"),),
    padding_bytes=5,
    padding_hex=b"hello".hex(),
    findings=(Finding("assertion.dataHash.mismatch", "It was changed.", 2, "bridge.jpg"),),
    statements=(
        Statement("credential", "trusted", "All holds.", ("claimSignature.validated",)),
        Statement("revocation", "unknown", "It is not known.", ("signingCredential.ocsp.skipped",)),
        Statement("pad", "filled", "5 bytes were put there.", ("assay.padding",)),
    ),
)
ANCHORED = Standing(
    Registration.ATTESTED,
    leaf_index=1,
    matched="file",
    anchors=(Anchor(1, "0x0", 5, "2026-10-01T00:00:00Z", Finality.FINAL, "public"),),
)


def report(inspection: Inspection, standing: Standing = ANCHORED) -> Report:
    return compose(Subject("0" * 64), inspection, standing, Similarity())


def html(made: Report) -> str:
    context = {"report": made, "axes": axes(made), "summary": summary(made), "raw": "{}"}
    return render_to_string("portal/_report.html", context)


def axis(**changes: Any) -> Axis:
    return credential_axis(report(replace(SIGNED, **changes)))


def test_each_sentence_stands_with_its_code() -> None:
    page = html(report(SIGNED))
    for said in SIGNED.statements:
        assert said.sentence in page
        for code in said.codes:
            assert code in page


def test_lists_and_times_stand_side_by_side() -> None:
    lists, times = axis().sheets
    assert [[fact.value for fact in row][:3] for row in lists.rows] == [
        ["press", "knows the signer", "2026-11-01"],
        ["official", "does not know the signer", "7"],
    ]
    assert [row[0].value for row in times.rows] == ["Time stamp", "Claimed", "Chain"]


def test_times_that_contradict_each_other_are_a_line_of_their_own() -> None:
    line = axis().lines[-1]
    assert (line.label, line.codes, line.tone) == ("Contradiction", ("claimed_after_anchored",), "warn")


def test_an_ingredient_is_named_with_its_title_and_depth() -> None:
    assert axis().notes == (
        ("assertion.dataHash.mismatch", "It was changed. In the ingredient “bridge.jpg”, 2 steps back."),
    )


def test_the_product_and_the_identities_are_shown() -> None:
    shown = {fact.label: fact.value for fact in axis().facts}
    assert shown["Conforming product"] == "Camera 1 of Maker, conformant"
    assert shown["Identity"] == "Ada L. (x509): untrusted"


def test_empty_padding_is_not_worth_a_line() -> None:
    clean = (Statement("pad", "clean", "Nothing is hidden.", ()),)
    assert axis(statements=clean).lines[0].label == "Contradiction"


@pytest.mark.parametrize(
    ("inspection", "word", "tone"),
    [
        (replace(SIGNED, revocation=Revocation.REVOKED), "Signed, certificate revoked", "bad"),
        (
            replace(
                SIGNED,
                revocation=Revocation.REVOKED,
                findings=(Finding("assay.revokedLater", "", 0, ""),),
            ),
            "Signed, certificate revoked later",
            "warn",
        ),
        (replace(SIGNED, credential=Credential.UNTRUSTED_ISSUER), "Signed, not trusted", "warn"),
        (
            Inspection(
                Credential.UNTRUSTED_ISSUER, findings=(Finding("signingCredential.expired", "", 0, ""),)
            ),
            "Signed, certificate expired",
            "warn",
        ),
        (
            Inspection(Credential.NONE, findings=(Finding("assay.remoteManifest", "", 0, ""),)),
            "Kept elsewhere",
            "neutral",
        ),
    ],
)
def test_the_answer_says_what_kind_of_trouble_it_is(inspection: Inspection, word: str, tone: str) -> None:
    found = credential_axis(report(inspection))
    assert (found.word, found.tone) == (word, tone)


def test_what_could_not_be_checked_says_why() -> None:
    why = Finding("assay.unsupported", "Not in this kind of file.", 0, "")
    found = credential_axis(report(Inspection(Credential.UNCHECKED, findings=(why,))))
    assert (found.word, found.sentence) == ("Not checked", "Not in this kind of file.")


def test_every_tone_of_a_line_has_a_shape() -> None:
    from service.portal.credential import _TONES

    assert set(_TONES.values()) <= set(_SHAPES)


def test_hidden_bytes_are_shown_in_hex_and_as_text() -> None:
    assert hex_dump(b"hello\x00\x1b<b>") == "0000  hello..<b>        68 65 6c 6c 6f 00 1b 3c 62 3e"


@given(st.binary(max_size=3000))
def test_a_dump_is_bounded_and_holds_nothing_but_printable_ascii(hidden: bytes) -> None:
    shown = hex_dump(hidden)
    assert len(shown.splitlines()) == min(64, -(-len(hidden) // 16))
    assert all(0x20 <= ord(character) < 0x7F or character == "\n" for character in shown)
    told = bytes.fromhex("".join(row[24:] for row in shown.splitlines()))
    assert told == hidden[:1024]


@pytest.mark.parametrize("text", hostile(), ids=range(len(hostile())))
def test_nothing_that_a_credential_says_adds_a_tag(text: str) -> None:
    foul = replace(
        SIGNED,
        signer=text,
        stamped_by=text,
        generator=text,
        claimed_at=text,
        trust_lists=(replace(LISTS[0], name=text, version=text), LISTS[1]),
        product=Product(text, text, text, text),
        identities=(NamedIdentity(text, text, text),),
        findings=(Finding("assertion.dataHash.mismatch", text, 2, text),),
        statements=tuple(replace(said, sentence=text) for said in SIGNED.statements),
        padding_hex=text.encode("utf-8", "replace")[:1024].hex(),
    )
    calm = replace(foul, claimed_at="tomorrow")
    assert shape(html(report(foul))) <= shape(html(report(calm))) | {("time", ("datetime",))}
    assert "\u202e" not in html(report(foul))
