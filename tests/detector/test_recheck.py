import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.fingerprints.shingles import LONGEST, packed, unpacked
from detector.fingerprints.text_normaliser import normalise, skeleton
from detector.recheck import ORDER_METHOD, PASSAGE_METHOD, Recheck, apart

WON = "Congratulations, you have won a new phone: reply with your address to claim it before Friday"
OTHER = "The train leaves at nine from platform four, bring warm clothes and something to eat"


def bones(text: str) -> str:
    return skeleton(normalise(text))


def compared(first: str, second: str) -> str | None:
    found = Recheck("shingle3/3", bones(first)).compare(bones(second))
    return found.method if found else None


def test_moved_clauses_share_their_sequences_of_letters() -> None:
    moved = "reply with your address to claim it before Friday, Congratulations, you have won a new phone"
    assert compared(WON, moved) == "shingle3/3"


def test_a_mistake_in_every_word_leaves_the_order_of_letters() -> None:
    typed = "Congratulatios, yu hqve wun a nev pone: rely wth yor addrss to clam it befor Fridey"
    found = Recheck("shingle3/3", bones(WON)).compare(bones(typed))
    assert found is not None
    assert apart(bones(WON), bones(typed), 3) > 0.33
    assert found.method == ORDER_METHOD


def test_a_text_inside_another_is_a_passage_whichever_is_asked_about() -> None:
    inside = f"{OTHER}. {WON}. And do not forget the tickets, they are on the shelf behind the green door."
    assert compared(WON, inside) == PASSAGE_METHOD
    assert compared(inside, WON) == PASSAGE_METHOD


def test_unrelated_texts_pass_no_check() -> None:
    assert compared(WON, OTHER) is None


def test_a_common_phrase_is_no_passage() -> None:
    assert compared("Have a nice day then", f"{OTHER}. Have a nice day then") is None


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_distances_are_symmetric_and_nought_to_oneself(first: str, second: str) -> None:
    assert apart(first, second, 3) == pytest.approx(apart(second, first, 3))
    assert apart(first, first, 3) == pytest.approx(0, abs=1e-9)
    assert 0 <= apart(first, second, 3) <= 1


@given(st.text(max_size=200))
def test_a_skeleton_is_kept_whole(text: str) -> None:
    assert unpacked(packed(text)) == text


@pytest.mark.parametrize("value", [b"", b"x", packed("abc")[:-3], b"\x78\x9c" + b"\xff" * 40])
def test_a_damaged_skeleton_is_none(value: bytes) -> None:
    assert unpacked(value) in ("", "abc")


def test_a_skeleton_that_would_unpack_to_gigabytes_is_cut() -> None:
    import zlib

    assert len(unpacked(zlib.compress(b"a" * 50_000_000))) <= LONGEST


def test_the_longest_texts_are_compared_in_bounded_time() -> None:
    long = [bones("".join(f"word{n} and {n * step} " for n in range(60_000))) for step in (7, 11)]
    began = time.monotonic()
    check = Recheck("shingle8/3", long[0][:LONGEST])
    for _ in range(5):
        check.compare(long[1][:LONGEST])
    assert time.monotonic() - began < 20
