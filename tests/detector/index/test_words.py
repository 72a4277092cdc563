import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.index.words import LONGEST, allowances, cut, flips, looked_up, words_for


@given(radius=st.integers(0, 256), words=st.integers(4, 18))
def test_a_code_within_the_radius_always_has_a_word_within_its_allowance(radius: int, words: int) -> None:
    allowed = allowances(radius, words)
    # Were every word beyond its allowance, the code would be beyond the radius.
    assert (allowed + 1).sum() == radius + 1
    assert allowed.max() - allowed.min() <= 1


@given(bits=st.sampled_from([64, 128, 256, 512]), number=st.integers(1, 10**12))
def test_the_words_hold_every_bit_of_a_code_once(bits: int, number: int) -> None:
    words = cut(bits, words_for(number, bits))
    ends = words.begins + words.widths
    assert words.begins[0] == 0
    assert ends[-1] == bits
    assert (ends[:-1] == words.begins[1:]).all()
    assert words.widths.max() - words.widths.min() <= 1
    assert words.widths.max() <= LONGEST
    # More than the next two words would ask of a code what the pigeonhole principle does not promise.
    following = np.roll(words.widths, -1) + np.roll(words.widths, -2)
    assert (words.follows == np.minimum(following, 32)).all()


@pytest.mark.parametrize(("number", "words"), [(1_000, 18), (1_000_000, 17), (10_000_000, 14), (10**9, 13)])
def test_more_codes_are_cut_into_fewer_and_longer_words(number: int, words: int) -> None:
    assert words_for(number, 256) == words


def test_every_way_to_flip_as_many_bits_as_allowed_is_looked_up_once() -> None:
    way, words = flips(64, 5, 9), cut(64, 5)
    for place, (width, most) in enumerate(zip(words.widths, way.allowed, strict=True)):
        masks = way.masks[way.bounds[place] : way.bounds[place + 1]]
        expected = [mask for mask in range(1 << width) if mask.bit_count() <= most]
        assert masks.tolist() == expected
    shares = np.diff(way.bounds) / 2.0**words.widths
    assert looked_up(words, 9) == pytest.approx(shares.sum())


def test_words_that_are_never_near_are_not_looked_up() -> None:
    way = flips(256, 16, 3)
    assert way.allowed.tolist() == [0] * 4 + [-1] * 12
    assert way.bounds[-1] == 4
