"""RLP, held to the Ethereum Foundation's own implementation."""

import pytest
import rlp as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.proofs.rlp import RlpInvalid, decode, encode, integer, number

ITEMS = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=20), max_leaves=40)


def lists(item):
    return item if isinstance(item, bytes) else [lists(each) for each in item]


@given(ITEMS)
def test_what_is_encoded_is_what_the_reference_encodes_and_reads_back(item) -> None:
    assert encode(item) == reference.encode(item)
    assert decode(encode(item)) == item


@settings(max_examples=1000)
@given(st.one_of(st.binary(max_size=70), ITEMS.map(encode)), st.data())
def test_whatever_is_read_has_one_spelling_and_the_reference_reads_it_too(raw, data) -> None:
    changed = bytearray(raw)
    if changed:
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for each in (raw, bytes(changed)):
        try:
            item = decode(each)
        except RlpInvalid:
            with pytest.raises(reference.DecodingError):
                reference.decode(each, strict=True)
            continue
        assert encode(item) == each
        assert lists(reference.decode(each, strict=True)) == item


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x81\x00",
        b"\x81\x7f",
        b"\xb8\x37" + bytes(55),
        b"\xb9\x00\x38" + bytes(56),
        b"\x83ab",
        b"\xc2\x83ab",
        b"\xc1\x82",
        b"\x01\x01",
        b"\xbf" + b"\xff" * 8,
        b"\xff" + b"\xff" * 8,
        b"\xc1" * 40 + b"\xc0",
    ],
)
def test_second_spellings_and_broken_items_are_refused(raw: bytes) -> None:
    with pytest.raises(RlpInvalid):
        decode(raw)


@given(st.integers(0, 2**256))
def test_numbers_have_no_leading_zero(value: int) -> None:
    assert integer(number(value)) == value
    with pytest.raises(RlpInvalid):
        integer(b"\0" + number(value))
    with pytest.raises(RlpInvalid):
        integer([number(value)])
