import numpy as np
import pytest

from detector.fingerprints.audio import SECONDS_A_FRAME, AskedSound
from detector.matching.sound import CLEAN_SHARE, WORN_SHARE, compare
from detector.matching.timeline import Alignment, clock


def codes(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 2**32, count, dtype=np.uint32)


def asked(stored: np.ndarray, speed: float = 1.0) -> AskedSound:
    return AskedSound(speed, np.repeat(stored, 2), np.zeros((2 * len(stored), 3), np.uint8))


@pytest.mark.parametrize("speed", [1.0, 1.03])
def test_the_common_stretch_is_told_without_what_lies_beside_nothing(speed: float) -> None:
    whole = codes(900)
    found, clean = compare(asked(whole, speed), whole[300:500], -300.0, 400.0)
    assert (found.allowed, clean.allowed) == (WORN_SHARE, CLEAN_SHARE)
    assert clean.when == found.when
    assert clean.evidence == pytest.approx(0.32 * 200, rel=0.02)
    second = SECONDS_A_FRAME
    assert found.when.start == pytest.approx(300 * second / speed, abs=2 * second)
    assert found.when.end == pytest.approx(500 * second / speed, abs=2 * second)
    assert found.when.other_start == pytest.approx(0, abs=2 * second)
    assert found.when.other_end == pytest.approx(200 * second, abs=2 * second)
    assert (found.share, found.when.speed) == (0.0, speed)
    assert found.evidence == pytest.approx(0.4 * 200, rel=0.02)


def test_an_alignment_a_little_off_is_put_right() -> None:
    whole = codes(600)
    found = compare(asked(whole[100:400]), whole, 103.0, 150.0)[0]
    assert found.when.other_start == pytest.approx(100 * SECONDS_A_FRAME, abs=0.1)


def test_unrelated_codes_and_dead_ones_have_nothing_in_common() -> None:
    assert compare(asked(codes(300)), codes(300, 2), 0.0, 100.0) == []
    silent = np.zeros(300, np.uint32)
    assert compare(asked(silent), silent, 0.0, 100.0) == []
    assert compare(asked(codes(300)), np.zeros(0, np.uint32), 0.0, 100.0) == []


def test_a_long_stretch_of_which_a_third_and_more_differs_speaks_by_the_looser_share_alone() -> None:
    rng = np.random.default_rng(5)
    whole = codes(1_000)
    bits = rng.random((1_000, 32)) < 0.36
    worn = whole ^ np.packbits(bits, axis=1).view(np.uint32).reshape(-1)
    found = {common.allowed: common for common in compare(asked(worn), whole, 0.0, 500.0)}
    assert found[WORN_SHARE].evidence == pytest.approx(0.04 * 1_000, rel=0.3)
    assert CLEAN_SHARE not in found or found[CLEAN_SHARE].evidence < 4


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (63.52, "63.5 s"), (123.5, "2:03.5"), (3723.5, "1:02:03.5"), (-1, "0.0 s")],
)
def test_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_a_sentence_names_both_places_and_the_speed() -> None:
    said = Alignment(12.0, 22.0, 63.5, 73.8, 1.03).sentence()
    assert said == "From 12.0 s to 22.0 s of it lies at 63.5 s of the original, played 3 % faster"
    assert Alignment(0, 1, 2, 3, 0.95).sentence().endswith("played 5 % slower")
    assert Alignment(0, 1, 2, 3, 1.002).sentence().endswith("of the original")
