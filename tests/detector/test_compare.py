"""Two items compared by every method that they share."""

from hypothesis import given
from hypothesis import strategies as st

from detector.compare import distances
from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from provenance.assets.asset import Medium

SPAM = "Congratulations! You have won a free iPhone, click here to claim your prize now"
WITHOUT_MODEL = Embedders(text=None)


def picture(code: bytes) -> Fingerprints:
    return Fingerprints("0" * 64, Medium.IMAGE, (Fingerprint(PDQ_METHOD, code),))


def test_codes_are_compared_in_bits_and_other_lengths_not_at_all() -> None:
    assert distances(picture(bytes(32)), picture(b"\x07" + bytes(31))) == {PDQ_METHOD: 3.0}
    assert distances(picture(bytes(32)), picture(bytes(31))) == {}


def test_texts_are_compared_by_their_letters_as_the_matcher_does() -> None:
    first, second = text_fingerprints([SPAM, SPAM.upper() + " ok"], WITHOUT_MODEL)
    found = distances(first, second)
    assert set(found) == {"shingle3/3", "order/1"}
    assert 0 < found["order/1"] < 0.1
    assert distances(first, picture(bytes(32))) == {}


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared_either_way_round(first: str, second: str) -> None:
    both = text_fingerprints([first, second], WITHOUT_MODEL)
    here, there = distances(both[0], both[1]), distances(both[1], both[0])
    assert set(here) == set(there)
    assert all(0 <= distance <= 1 for distance in here.values())
