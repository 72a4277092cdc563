"""Chromaprint (L. Lalinsky, 2010), the fingerprint of sound from which ISO 24138 makes its Audio-Code.

Algorithm 1 ("TEST2", the default), as `fpcalc -raw -signed -length 0` gives it: sound at 11,025 Hz in
frames of 4,096 samples, a new one every 1,365; the energy of each of the twelve notes from 28 to 3,520 Hz;
smoothed over five frames, each frame's length made one; then sixteen comparisons of areas of 16 frames by 12
notes, two bits each. What was trained (the areas and their thresholds) is Chromaprint's own, under the MIT
licence.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

RATE = 11_025
"""Samples a second that `features` takes."""
FRAME = 4096
HOP = FRAME // 3

_NOTES = 12
_LOWEST, _HIGHEST = 28, 3520
_SMOOTHING = (0.25, 0.75, 1.0, 0.75, 0.25)
_QUIET = 0.01
"""A frame whose energies are together shorter than this counts as silence."""
_WIDEST = 16
_AT_ONCE = 512
"""Frames transformed together: 16 MB."""
_SPAN = FRAME + (_AT_ONCE - 1) * HOP

# (kind, first note, notes, frames, three thresholds): the kind is a key of _parts.
_Comparison = tuple[int, int, int, int, float, float, float]
_COMPARISONS: tuple[_Comparison, ...] = (
    (0, 4, 3, 15, 1.98215, 2.35817, 2.63523),
    (4, 4, 6, 15, -1.03809, -0.651211, -0.282167),
    (1, 0, 4, 16, -0.298702, 0.119262, 0.558497),
    (3, 8, 2, 12, -0.105439, 0.0153946, 0.135898),
    (3, 4, 4, 8, -0.142891, 0.0258736, 0.200632),
    (4, 0, 3, 5, -0.826319, -0.590612, -0.368214),
    (1, 2, 2, 9, -0.557409, -0.233035, 0.0534525),
    (2, 7, 3, 4, -0.0646826, 0.00620476, 0.0784847),
    (2, 6, 2, 16, -0.192387, -0.029699, 0.215855),
    (2, 1, 3, 2, -0.0397818, -0.00568076, 0.0292026),
    (5, 10, 1, 15, -0.53823, -0.369934, -0.190235),
    (3, 6, 2, 10, -0.124877, 0.0296483, 0.139239),
    (2, 1, 1, 14, -0.101475, 0.0225617, 0.231971),
    (3, 5, 6, 4, -0.0799915, -0.00729616, 0.063262),
    (1, 9, 2, 12, -0.272556, 0.019424, 0.302559),
    (3, 4, 2, 14, -0.164292, -0.0321188, 0.0846339),
)
_GRAY = np.array([0, 1, 3, 2], dtype=np.uint32)

_Area = tuple[int, int, int, int]
"""First frame, first note, and the frame and the note after the last."""


class Listener:
    """Takes mono 16-bit sound at `RATE` in blocks of any length; kept in memory is 100 bytes a feature."""

    def __init__(self) -> None:
        first = max(1, round(FRAME * _LOWEST / RATE))
        last = min(FRAME // 2, round(FRAME * _HIGHEST / RATE))
        octave = np.log2(np.arange(first, last) * RATE / FRAME / (440 / 16))
        notes = (_NOTES * (octave - np.floor(octave))).astype(np.intp)
        self._bins = slice(first, last)
        self._by_note = np.zeros((last - first, _NOTES))
        self._by_note[np.arange(last - first), notes] = 1
        self._window = np.hamming(FRAME) / np.iinfo(np.int16).max
        self._waiting: list[NDArray[np.int16]] = []
        self._length = 0
        self._chroma = [np.empty((0, _NOTES))]

    def feed(self, block: NDArray[np.int16]) -> None:
        """Take more sound."""
        self._waiting.append(block)
        self._length += block.size
        while self._length >= _SPAN:
            joined = np.concatenate(self._waiting)
            self._hear(joined[:_SPAN])
            self._waiting = [joined[_AT_ONCE * HOP :]]
            self._length = self._waiting[0].size

    def features(self) -> NDArray[np.int32]:
        """A 32-bit feature for every 0.124 seconds of all that was fed, int32 (n,); the sound ends here.

        Nothing for less than 2.7 seconds.
        """
        if self._length >= FRAME:
            self._hear(np.concatenate(self._waiting))
            self._waiting, self._length = [], 0
        return _features_of(_normalised(_smoothed(np.concatenate(self._chroma))))

    def _hear(self, sound: NDArray[np.int16]) -> None:
        """Add the energy of each note in each of the sound's overlapping frames, shape (frames, 12)."""
        frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
        spectrum = np.fft.rfft(frames * self._window)[:, self._bins]
        self._chroma.append((spectrum.real**2 + spectrum.imag**2) @ self._by_note)


def features(blocks: Iterable[NDArray[np.int16]]) -> NDArray[np.int32]:
    """The features of mono 16-bit sound at `RATE`, given in blocks of any length: see Listener."""
    listener = Listener()
    for block in blocks:
        listener.feed(block)
    return listener.features()


def _smoothed(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = len(chroma) - len(_SMOOTHING) + 1
    if kept <= 0:
        return np.empty((0, _NOTES))
    parts = (chroma[i : i + kept] * share for i, share in enumerate(_SMOOTHING))
    smoothed: NDArray[np.float64] = np.add.reduce(list(parts))
    return smoothed


def _normalised(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.sqrt((chroma**2).sum(axis=1, keepdims=True))
    scaled: NDArray[np.float64] = np.where(length < _QUIET, 0.0, chroma / np.maximum(length, _QUIET))
    return scaled


def _parts(comparison: _Comparison) -> tuple[list[_Area], list[_Area]]:
    """The areas whose sums are compared, the second list with the first."""
    kind, note, notes, frames = comparison[:4]
    end, middle, third = note + notes, note + notes // 2, notes // 3
    half, slice_ = frames // 2, frames // 3
    if kind == 0:
        return [(0, note, frames, end)], []
    if kind == 1:
        return [(0, middle, frames, end)], [(0, note, frames, middle)]
    if kind == 2:
        return [(half, note, frames, end)], [(0, note, half, end)]
    if kind == 3:
        return (
            [(0, middle, half, end), (half, note, frames, middle)],
            [(0, note, half, middle), (half, middle, frames, end)],
        )
    if kind == 4:
        return (
            [(0, note + third, frames, note + 2 * third)],
            [(0, note, frames, note + third), (0, note + 2 * third, frames, end)],
        )
    return (
        [(slice_, note, 2 * slice_, end)],
        [(0, note, slice_, end), (2 * slice_, note, frames, end)],
    )


def _features_of(chroma: NDArray[np.float64]) -> NDArray[np.int32]:
    count = len(chroma) - _WIDEST + 1
    if count <= 0:
        return np.empty(0, dtype=np.int32)
    table = np.zeros((len(chroma) + 1, _NOTES + 1))
    table[1:, 1:] = chroma.cumsum(axis=1).cumsum(axis=0)

    def total(areas: list[_Area]) -> NDArray[np.float64]:
        sums = np.zeros(count)
        for top, left, bottom, right in areas:
            sums += table[bottom : bottom + count, right] - table[top : top + count, right]
            sums -= table[bottom : bottom + count, left] - table[top : top + count, left]
        return sums

    bits = np.zeros(count, dtype=np.uint32)
    for comparison in _COMPARISONS:
        more, less = _parts(comparison)
        value = np.log((1.0 + total(more)) / (1.0 + total(less)))
        bits <<= 2
        bits |= _GRAY[np.searchsorted(comparison[4:], value, side="right")]
    return bits.view(np.int32)
