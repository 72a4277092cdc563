"""Finding C2PA inside texts, and refusing what only looks like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.inspection.in_text import MAGIC, MalformedWrapper, find, is_bound, selectors

MARK = "\ufeff".encode()
TEXT = "Ein Satz. 文字 👍\ufe0f\n".encode()


def wrapper(store: bytes, *, version: int = 1, length: int | None = None, padding: bytes = b"") -> bytes:
    stated = len(store) if length is None else length
    header = MAGIC + bytes([version]) + stated.to_bytes(4, "big")
    return MARK + selectors(header + store + padding)


@given(
    st.binary(min_size=1, max_size=300), st.text(max_size=40), st.text(max_size=40), st.binary(max_size=20)
)
def test_a_store_is_found_wherever_it_lies_in_a_text(
    store: bytes, before: str, after: str, padding: bytes
) -> None:
    # A selector right behind the wrapper would be padding.
    head, tail = before.encode(), ("." + after).encode()
    inside = wrapper(store, padding=padding)
    found = find(head + inside + tail)
    assert found is not None
    assert (found.store, found.start, found.length) == (store, len(head), len(inside))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_text_without_one(data: bytes) -> None:
    assert find(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TEXT,
        MARK + TEXT,
        MARK + selectors(b"C2PATXX\0" + bytes(20)) + TEXT,
        selectors(MAGIC + b"\x01" + bytes(20)),
    ],
    ids=["empty", "emoji", "byte order mark", "another magic", "no mark"],
)
def test_selectors_without_the_whole_mark_are_no_credential(data: bytes) -> None:
    assert find(data) is None


@pytest.mark.parametrize(
    "data",
    [
        wrapper(b"store", version=2),
        wrapper(b"store", length=6),
        wrapper(b"", length=0),
        wrapper(b"store", length=2**32 - 1),
        wrapper(b"store")[:-4],
        MARK + selectors(MAGIC),
        wrapper(b"first").replace(selectors(b"s"), b"s" + selectors(b"s")),
    ],
    ids=["version", "length", "empty", "huge", "cut", "magic alone", "letter inside"],
)
def test_a_damaged_wrapper_is_refused_as_the_specification_says(data: bytes) -> None:
    with pytest.raises(MalformedWrapper) as caught:
        find(TEXT + data + TEXT)
    assert (caught.value.code, caught.value.status) == ("malformed_wrapper", "manifest.text.corruptedWrapper")


@pytest.mark.parametrize("second", [wrapper(b"two"), wrapper(b"two", version=9), MARK + selectors(MAGIC)])
def test_two_wrappers_are_refused_whatever_the_second_holds(second: bytes) -> None:
    with pytest.raises(MalformedWrapper) as caught:
        find(TEXT + wrapper(b"one") + TEXT + second)
    assert caught.value.status == "manifest.text.multipleWrappers"


def test_a_text_without_a_wrapper_costs_one_search() -> None:
    text = ("Ein langer Text mit 👍\ufe0f. " * 400_000).encode()
    begun = time.perf_counter()
    assert find(text) is None
    assert time.perf_counter() - begun < 0.5


def test_endless_padding_is_walked_once() -> None:
    data = wrapper(b"store", padding=b"\xff" * 2_000_000)
    begun = time.perf_counter()
    found = find(data)
    assert found is not None
    assert (found.store, found.length) == (b"store", len(data))
    assert time.perf_counter() - begun < 2


def test_a_store_that_binds_nothing_is_bound_to_no_text() -> None:
    from provenance.errors import ProvenanceError

    data = TEXT + wrapper(b"no store at all")
    found = find(data)
    assert found is not None
    with pytest.raises(ProvenanceError):
        is_bound(found, data)
