"""Made-up sound for calibration and benchmark: music and speech-like voices, each the same for the same seed.

There is no free corpus of music to ship or to ask for, so it is synthesised, and made hard to tell apart on
purpose: all pieces share twelve keys, six instruments, eight chord progressions, one drum kit with four
patterns, and four speakers with ten vowels. It stays synthetic: figures from it are no promise for records.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Samples = NDArray[np.float32]
RATE = 22_050

_INSTRUMENTS = (  # strengths of the harmonics, attack and decay in seconds
    ((1.0, 0.5, 0.25, 0.12, 0.06), 0.005, 0.9),
    ((1.0, 0.1, 0.6, 0.1, 0.4, 0.05, 0.2), 0.03, 3.0),
    ((1.0, 0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2), 0.06, 4.0),
    ((0.3, 1.0, 0.2, 0.6, 0.1, 0.3), 0.004, 0.35),
    ((1.0, 0.3, 0.1), 0.1, 2.0),
    ((1.0, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25), 0.01, 0.6),
)
_PROGRESSIONS = (
    (0, 4, 5, 3),
    (0, 5, 3, 4),
    (5, 3, 0, 4),
    (0, 3, 4, 0),
    (0, 2, 3, 4),
    (1, 4, 0, 0),
    (0, 3, 0, 4),
    (5, 4, 3, 4),
)
_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
_KICKS = ("x...x...x...x...", "x.....x.x.......", "x..x..x...x.x...", "x.......x..x....")
_SNARES = ("....x.......x...", "....x.......x..x", "....x..x....x...", "........x.......")
_VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (660, 1720, 2410),
    (440, 1020, 2240),
    (390, 1990, 2550),
    (640, 1190, 2390),
    (490, 1350, 1690),
)
"""First three formants in Hz, after Peterson and Barney 1952."""
_SPEAKERS = ((105.0, 1.0), (130.0, 1.03), (190.0, 1.12), (225.0, 1.17))


def piece(seed: int, seconds: float | None = None) -> Samples:
    """One piece, float32 in -1 to 1 at 22,050 Hz; 30 to 90 seconds long unless told otherwise.

    Of five seeds in a row three are music, one is a voice, and one a voice over music.
    """
    rng = np.random.default_rng([20261124, seed])
    length = seconds if seconds is not None else float(rng.uniform(30, 90))
    kind = seed % 5
    if kind == 3:
        made = voice(rng, length)
    elif kind == 4:
        made = voice(rng, length) + 0.35 * music(rng, length)
    else:
        made = music(rng, length)
    return (0.7 * made / max(1e-6, float(np.abs(made).max()))).astype(np.float32)


def music(rng: np.random.Generator, seconds: float) -> Samples:
    """Chords, bass, a melody and drums; a verse and a chorus take turns."""
    beat = 60 / rng.uniform(70, 150)
    key, scale = int(rng.integers(12)), _SCALES[rng.integers(2)]
    out = np.zeros(int(seconds * RATE) + 6 * RATE, dtype=np.float32)
    lead, pad, bass = (int(n) for n in rng.choice(len(_INSTRUMENTS), 3, replace=False))
    parts = [(_PROGRESSIONS[rng.integers(8)], int(rng.integers(4))) for _ in range(2)]
    drums, bars = float(rng.uniform(0, 0.8)), int(seconds / (4 * beat)) + 1
    step = 7
    for bar in range(bars):
        progression, pattern = parts[bar // 8 % 2]
        degree = progression[bar % 4]
        start = bar * 4 * beat
        for third in (0, 2, 4):
            _note(out, _tone(pad, _pitch(key, scale, degree + third, 4)), start, 4 * beat, 0.25)
        for half in range(4):
            _note(out, _tone(bass, _pitch(key, scale, degree, 2)), start + half * beat, beat, 0.5)
        at = 0.0
        while at < 4:
            long = float(rng.choice((0.25, 0.5, 0.5, 1.0, 1.5)))
            step = int(np.clip(step + rng.integers(-3, 4), 0, 14))
            if rng.random() < 0.85:
                late = float(rng.normal(0, 0.008))
                _note(
                    out, _tone(lead, _pitch(key, scale, step, 4)), start + at * beat + late, long * beat, 0.5
                )
            at += long
        _drums(out, pattern, start, beat / 4, drums)
    return out[: int(seconds * RATE)]


def _pitch(key: int, scale: tuple[int, ...], degree: int, octave: int) -> int:
    return 12 * (octave + 1 + degree // 7) + key + scale[degree % 7]


def _note(out: Samples, sound: Samples, start: float, seconds: float, gain: float) -> None:
    first = max(0, int(start * RATE))
    count = min(len(sound), int(seconds * RATE) + 600, len(out) - first)
    if count <= 600:
        return
    out[first : first + count] += gain * sound[:count]
    out[first + count - 600 : first + count] -= gain * sound[count - 600 : count] * np.linspace(0, 1, 600)


@lru_cache(maxsize=1_024)
def _tone(instrument: int, pitch: int) -> Samples:
    strengths, attack, decay = _INSTRUMENTS[instrument]
    time = np.arange(4 * RATE, dtype=np.float32) / RATE
    base = 440 * 2 ** ((pitch - 69) / 12)
    made = np.zeros_like(time)
    for number, strength in enumerate(strengths, 1):
        if base * number < RATE / 2:
            fades = np.exp(-time * number**0.5 / decay)
            made += strength * np.sin(2 * np.pi * base * number * time + 0.7 * number) * fades
    return (made / sum(strengths) * np.minimum(1, time / attack)).astype(np.float32)


def _drums(out: Samples, pattern: int, start: float, sixteenth: float, gain: float) -> None:
    for place in range(16):
        hits = [(0, _KICKS[pattern][place] == "x"), (1, _SNARES[pattern][place] == "x"), (2, place % 2 == 0)]
        for drum, played in hits:
            if played:
                sound = _drum(drum)
                first = int((start + place * sixteenth) * RATE)
                count = min(len(sound), len(out) - first)
                if count > 0:
                    out[first : first + count] += gain * sound[:count]


@lru_cache(maxsize=3)
def _drum(number: int) -> Samples:
    time = np.arange(RATE // 4, dtype=np.float32) / RATE
    noise = np.random.default_rng(7 + number).normal(0, 1, len(time))
    if number == 0:
        sweep = np.sin(2 * np.pi * (50 * time + 4 * (1 - np.exp(-30 * time))))
        return np.asarray(sweep * np.exp(-14 * time), dtype=np.float32)
    decay, gain = ((22, 0.4), (60, 0.12))[number - 1]
    return np.asarray(gain * np.diff(noise, prepend=0) * np.exp(-decay * time), dtype=np.float32)


def voice(rng: np.random.Generator, seconds: float) -> Samples:
    """Syllables of a consonant's noise and a vowel through formants (Fant 1960), with pauses."""
    pitch, size = _SPEAKERS[rng.integers(len(_SPEAKERS))]
    rate = float(rng.uniform(3, 6))
    out = np.zeros(int(seconds * RATE) + RATE, dtype=np.float32)
    at, glide = 0.1, 0.0
    while at < seconds:
        long = float(rng.uniform(0.6, 1.4)) / rate
        glide = 0.8 * glide + float(rng.normal(0, 0.06))
        sound = _syllable(rng, pitch * (1 + glide), size, long)
        first = int(at * RATE)
        count = min(len(sound), len(out) - first)
        out[first : first + count] += sound[:count]
        at += long + (float(rng.uniform(0.2, 0.9)) if rng.random() < 0.12 else 0.0)
    return out[: int(seconds * RATE)]


def _syllable(rng: np.random.Generator, pitch: float, size: float, seconds: float) -> Samples:
    count = max(800, int(seconds * RATE))
    bend = np.linspace(1, float(rng.uniform(0.85, 1.15)), count)
    phase = np.cumsum(pitch * bend / RATE)
    pulses = np.diff(np.floor(phase), prepend=0) + rng.normal(0, 0.01, count)
    sound = pulses * np.hanning(count) ** 0.5
    for formant, width in zip(_VOWELS[rng.integers(len(_VOWELS))], (70, 100, 140), strict=True):
        sound = _resonance(sound, formant * size * float(rng.uniform(0.95, 1.05)), width)
    burst = rng.normal(0, 1, count // 4) * np.hanning(count // 4)
    hiss = _resonance(burst, float(rng.uniform(1_500, 6_000)), 900)
    sound = 0.6 * sound / max(1e-6, float(np.abs(sound).max()))
    sound[: len(hiss)] += float(rng.uniform(0.02, 0.15)) * hiss / max(1e-6, float(np.abs(hiss).max()))
    return sound.astype(np.float32)


def _resonance(sound: NDArray[np.float64], hertz: float, width: float) -> NDArray[np.float64]:
    """A second-order resonator (Klatt 1980)."""
    radius = np.exp(-np.pi * width / RATE)
    first, second = 2 * radius * np.cos(2 * np.pi * hertz / RATE), -(radius**2)
    filtered: NDArray[np.float64] = lfilter([1 - first - second], [1, -first, -second], sound)
    return filtered
