"""What is published as a soft binding, and how the values of others are read."""

import base64
import contextlib
import json
from pathlib import Path

import iscc_core
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import BindingUnreadable
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.soft_binding import (
    ASKED,
    ISCC_ALGORITHM,
    ISCC_METHODS,
    PDQ_ALGORITHM,
    asked_for,
    iscc_value,
    soft_bindings,
    with_code,
)
from provenance.assets.asset import Medium

SUB_TYPES = {
    Medium.TEXT: iscc_core.ST_CC.TEXT,
    Medium.IMAGE: iscc_core.ST_CC.IMAGE,
    Medium.AUDIO: iscc_core.ST_CC.AUDIO,
    Medium.VIDEO: iscc_core.ST_CC.VIDEO,
}


def content_code(medium: Medium, body: bytes, bits: int = 256) -> str:
    kind = (iscc_core.MT.CONTENT, SUB_TYPES[medium], iscc_core.VS.V0)
    return f"ISCC:{iscc_core.encode_component(*kind, bits, body)}"


DATA = f"ISCC:{iscc_core.encode_component(iscc_core.MT.DATA, 0, 0, 256, bytes(range(32)))}"
INSTANCE = f"ISCC:{iscc_core.encode_component(iscc_core.MT.INSTANCE, 0, 0, 256, bytes(range(32, 64)))}"


@given(medium=st.sampled_from(sorted(SUB_TYPES)), body=st.binary(min_size=32, max_size=32))
def test_what_is_published_asks_for_what_is_kept(medium: Medium, body: bytes) -> None:
    code = content_code(medium, body)
    item = with_code(Fingerprints("0" * 64, medium, ()), code)
    assert item.prints == (Fingerprint(ISCC_METHODS[medium], body),)
    (published,) = soft_bindings(item)
    asked = (Fingerprint(ISCC_METHODS[medium] + ASKED, body),)
    assert asked_for(*published) == asked
    assert asked_for(ISCC_ALGORITHM, code) == asked


def test_an_iscc_value_is_the_units_one_after_another_as_iep_20_says() -> None:
    code = content_code(Medium.IMAGE, bytes(32))
    value = base64.b64decode(iscc_value(code, DATA, INSTANCE))
    assert iscc_core.decode_seq(value) == [code, DATA, INSTANCE]
    assert len(value) == 3 * 34


def test_of_a_value_with_more_units_the_content_codes_count() -> None:
    code = content_code(Medium.VIDEO, bytes(range(32)))
    asked = asked_for(ISCC_ALGORITHM, iscc_value(DATA, code, INSTANCE, code))
    assert asked == (Fingerprint(ISCC_METHODS[Medium.VIDEO] + ASKED, bytes(range(32))),)


def test_a_pdq_hash_is_64_hex_digits() -> None:
    assert asked_for(PDQ_ALGORITHM, "0f" * 32) == (Fingerprint("pdq/1", b"\x0f" * 32),)
    for value in ("", "0f", "zz" * 32, "0f" * 33):
        with pytest.raises(BindingUnreadable) as caught:
            asked_for(PDQ_ALGORITHM, value)
        assert caught.value.code == "binding_malformed"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ISCC:",
        "not base64!",
        "ISCC:KACYPXW4",
        base64.b64encode(bytes.fromhex("28000100000000")).decode(),  # padding that is not zero
        base64.b64encode(bytes.fromhex("3000000000")).decode(),  # cut short
        base64.b64encode(bytes.fromhex("30000000000000")).decode(),  # a byte too many
        base64.b64encode(bytes.fromhex("270000000000")).decode(),  # a content code of an unknown kind
        iscc_value(DATA),
        content_code(Medium.IMAGE, bytes(8), 64),
        iscc_value(*(content_code(Medium.IMAGE, bytes([n]) * 32) for n in range(5))),  # each is a search
        "A" * 5_000,
    ],
)
def test_a_value_without_a_whole_content_code_is_refused(value: str) -> None:
    with pytest.raises(BindingUnreadable) as caught:
        asked_for(ISCC_ALGORITHM, value)
    assert caught.value.code == "binding_malformed"


@settings(max_examples=40, deadline=None)
@given(value=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()))
def test_no_value_is_too_strange(value: str) -> None:
    for start in ("", "ISCC:"):
        with contextlib.suppress(BindingUnreadable):
            assert all(entry.method.endswith(ASKED) for entry in asked_for(ISCC_ALGORITHM, start + value))


def test_an_algorithm_that_is_not_ours_is_named_in_the_refusal() -> None:
    with pytest.raises(BindingUnreadable, match=r"com\.example\.mark") as caught:
        asked_for("com.example.mark", "00")
    assert caught.value.code == "binding_unknown"


def test_a_flat_picture_is_not_bound_by_codes_that_fit_every_flat_picture() -> None:
    flat = Fingerprints("0" * 64, Medium.IMAGE, (Fingerprint("pdq/1", bytes(32), 0),))
    assert soft_bindings(with_code(flat, content_code(Medium.IMAGE, bytes(32)))) == ()


def test_the_names_are_those_of_the_c2pa_list_or_our_own(shared: Path) -> None:
    known = json.loads((shared / "vectors/soft-binding/softbinding-algorithm-list.json").read_text())
    names = {entry["alg"] for entry in known}
    assert ISCC_ALGORITHM in names
    assert PDQ_ALGORITHM not in names
