from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from detector.audio_edits import EDITS, spoken_over
from detector.audio_material import piece
from detector.fingerprints.audio import METHOD, asked_of, audio_prints, codes_of, packed, unpacked
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.match import Matcher
from detector.matching.admission import is_telling
from detector.media.audio import RATE
from provenance.assets.asset import Medium

Samples = np.ndarray
Prints = tuple[Fingerprint, ...]
SECONDS = 24.0


def prints_of(samples: Samples) -> Prints:
    return audio_prints([resample_poly(samples, 1, 2).astype(np.float32)])


def asked(prints: Prints) -> Fingerprints:
    return Fingerprints("0" * 64, Medium.AUDIO, prints)


@pytest.fixture(scope="module")
def sounds() -> list[Samples]:
    """A voice over music, and three pieces of music."""
    return [piece(seed, SECONDS) for seed in (104, 105, 106, 107)]


@pytest.fixture(scope="module")
def held(sounds: list[Samples]) -> list[Prints]:
    return [prints_of(sound) for sound in sounds]


@pytest.fixture(scope="module")
def matcher(held: list[Prints]) -> Matcher:
    found = Matcher()
    found.add_many(list(enumerate(held)))
    return found


@pytest.mark.parametrize("edit", ["mp3_64k", "faster_5", "slower_5", "noise_10db", "speech under"])
def test_an_edited_copy_is_found_and_nothing_else(matcher: Matcher, sounds: list[Samples], edit: str) -> None:
    changed = {**EDITS, "speech under": spoken_over(6)}[edit](sounds[1], np.random.default_rng(1))
    assert [found.item_no for found in matcher.match(asked(prints_of(changed)))] == [1]


def test_five_clean_seconds_are_found_by_the_stricter_share(matcher: Matcher, sounds: list[Samples]) -> None:
    excerpt = EDITS["mp3_64k"](sounds[3][8 * 22_050 : 13 * 22_050], np.random.default_rng(1))
    (found,) = matcher.match(asked(prints_of(excerpt)))
    assert found.item_no == 3
    assert found.distance <= found.threshold < 0.32
    assert "lies at 8.0 s of the original" in found.why


def test_the_answer_says_from_where_to_where_and_how_fast(matcher: Matcher, sounds: list[Samples]) -> None:
    excerpt = EDITS["faster_2.5"](sounds[2][2 * 22_050 : 12 * 22_050], np.random.default_rng(1))
    (found,) = matcher.match(asked(prints_of(excerpt)))
    assert (found.item_no, found.method) == (2, METHOD)
    assert found.distance <= found.threshold < 0.4
    assert found.why.startswith("From 0.0 s to 9.")
    assert "lies at 2.0 s of the original, played 2 % faster" in found.why


@pytest.mark.parametrize("seed", [8, 14])
def test_what_is_new_is_not_found(matcher: Matcher, seed: int) -> None:
    assert matcher.match(asked(prints_of(piece(seed, SECONDS)))) == []


@pytest.mark.parametrize("kind", ["silence", "tone", "hiss", "click"])
def test_silence_and_lasting_tones_are_never_matched(kind: str) -> None:
    time = np.arange(10 * RATE) / RATE
    sound = {
        "silence": np.zeros(len(time)),
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time),
        "hiss": np.random.default_rng(2).normal(0, 5e-5, len(time)),
        "click": np.where(time == 5, 1.0, 0.0),
    }[kind].astype(np.float32)
    prints = audio_prints([sound])
    assert prints[0].quality < 30
    matcher = Matcher()
    matcher.add_many([(1, prints)])
    assert matcher.match(asked(prints)) == []
    assert not is_telling(asked(prints))


@pytest.mark.parametrize("count", [0, 1, 4095, 4096, 4600, 8192, 8500])
def test_short_sound_has_few_frames_or_none(count: int) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, count).astype(np.float32)
    prints = audio_prints([sound] if count else [])
    assert sum(len(entry.value) for entry in prints if entry.method == METHOD) <= 4 * 9


def test_the_fingerprint_does_not_depend_on_the_blocks(sounds: list[Samples]) -> None:
    sound = sounds[0][: 6 * 22_050]
    parts = np.array_split(sound, [1, 5_000, 5_001, 90_000])
    assert audio_prints(parts) == audio_prints([sound])


def test_a_minute_takes_five_kilobytes() -> None:
    rng = np.random.default_rng(1)
    (stored, _) = audio_prints(rng.normal(0, 0.1, 10 * RATE).astype(np.float32) for _ in range(2))
    assert len(stored.value) / 20 * 60 < 5_300


def test_an_asked_value_is_read_as_it_was_written(sounds: list[Samples]) -> None:
    prints = prints_of(sounds[3][: 5 * 22_050])
    found = asked_of(prints)
    assert found is not None
    assert [each.speed for each in found[0]] == [1.0, 1.015, 0.985, 1.03, 0.97, 1.045, 0.955]
    assert packed(found[0]) == prints[1].value
    assert (found[0][0].codes[::2] == codes_of(prints[0].value)).all()


@pytest.mark.parametrize("value", [b"", b"x", b"\0" * 8, b"\0\0\x80\x3f\xff\xff\xff\xff", b"\xff" * 40])
def test_a_value_of_another_making_asks_nothing(value: bytes) -> None:
    assert sum(len(each.codes) for each in unpacked(value)) == 0


def test_stored_codes_alone_find_an_unchanged_copy(matcher: Matcher, held: list[Prints]) -> None:
    assert [m.item_no for m in matcher.match(asked(held[2][:1]))] == [2]


def test_removed_sound_is_not_found_and_a_snapshot_finds_the_rest(held: list[Prints], tmp_path: Path) -> None:
    prints = dict(enumerate(held))

    def read(method: str, numbers: object) -> dict[int, bytes]:
        return {number: each[0].value for number, each in prints.items()} if method == METHOD else {}

    first = Matcher(read_values=read)
    first.add_many(list(prints.items()))
    first.remove([1, 99])
    notes = first.save(tmp_path)
    again = Matcher(read_values=read)
    again.load(tmp_path, notes)
    for each in (first, again):
        assert each.match(asked(prints[1])) == []
        assert [found.item_no for found in each.match(asked(prints[3]))] == [3]
