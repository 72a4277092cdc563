"""Sound by its sub-fingerprints: 32 bits for each 46 ms, of how the balance of 33 neighbouring bands moves.

After Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002), with what measuring
changed (docs/adr/0023): magnitudes in place of energies, 250 to 3,000 Hz, and each frame compared with that
of 0.37 s before, not of 12 ms before. A bit is one where the difference of two neighbouring bands has grown.
What is played faster is asked for at seven speeds, each with its bands and its pace scaled alike.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint
from detector.media.audio import RATE

METHOD = "audio/1"
ASKED_METHOD = "audio-asked/1"
"""The same at seven speeds and twice the pace, with the least certain bits: asked with, never stored."""

Codes = NDArray[np.uint32]
Samples = NDArray[np.float32]

SPEEDS = (1.0, 1.015, 0.985, 1.03, 0.97, 1.045, 0.955)
"""How much faster than the original the asked sound may be played; codes bear 1 % between two of them."""
SPEEDY_SECONDS = 180
"""Speeds other than 1 are asked for the beginning alone: this bounds the cost of a long recording."""
HOP = 512
"""Samples from one stored frame to the next, 46.4 ms; half as many when asking."""
SECONDS_A_FRAME = HOP / RATE
DEAD = 0
"""The code of a frame that tells nothing: silence, or a sound that does not change."""

_WINDOW = 4096
_ASKED_HOP = HOP // 2
_LAG = 16  # asked frames: 0.37 s, the length of the window
_BANDS = np.geomspace(250.0, 3_000.0, 34)
_QUIET = 5e-4  # full scale; -66 dB
_STILL = 0.03  # the share of its magnitude by which a frame differs from that before
_UNCERTAIN = 3
_KEY_SHIFT, _KEY_BITS = 4, 24
_BATCH = 256


@dataclass(frozen=True, slots=True)
class AskedSound:
    """One speed's frames, two to a stored one: `codes` uint32 (n,), `uncertain` uint8 (n, 3): the places,
    0 to 23, of each key's three least certain bits."""

    speed: float
    codes: Codes
    uncertain: NDArray[np.uint8]


def audio_prints(blocks: Iterable[Samples]) -> tuple[Fingerprint, ...]:
    """The stored and the asked fingerprint of mono samples at 11,025 Hz (media.audio.mono_blocks).

    The stored value is a little-endian uint32 a frame: 5.2 KB a minute. Quality is ten for each second that
    tells something, at most 100: silence and a lasting tone have 0. None at all for what is shorter than a
    frame. Memory: the first three minutes of samples, and 11 KB a second of bands.
    """
    plain = _Spectra(1.0)
    beginning: list[Samples] = []
    kept = 0
    for block in blocks:
        plain.feed(block)
        if kept < SPEEDY_SECONDS * RATE:
            beginning.append(block[: SPEEDY_SECONDS * RATE - kept])
            kept += len(beginning[-1])
    asked = [plain.asked()]
    stored = asked[0].codes[::2]
    if not len(stored):
        return ()
    living = np.count_nonzero(stored != DEAD) * SECONDS_A_FRAME
    quality = min(100, int(10 * living))
    prints = (Fingerprint(METHOD, stored.astype("<u4").tobytes(), quality),)
    if not quality:
        return prints
    start = np.concatenate(beginning)
    for speed in SPEEDS[1:]:
        spectra = _Spectra(speed)
        spectra.feed(start)
        asked.append(spectra.asked())
    return (*prints, Fingerprint(ASKED_METHOD, packed(asked), quality))


def codes_of(value: bytes) -> Codes:
    """The stored codes; an odd rest is dropped."""
    return np.frombuffer(value[: len(value) // 4 * 4], dtype="<u4").astype(np.uint32)


def asked_of(entries: Iterable[Fingerprint]) -> tuple[list[AskedSound], int] | None:
    """What to ask with and its quality: all speeds where they are given, else the stored codes."""
    held = {entry.method: entry for entry in entries}
    if ASKED_METHOD in held:
        return unpacked(held[ASKED_METHOD].value), held[ASKED_METHOD].quality
    if METHOD in held:
        codes = np.repeat(codes_of(held[METHOD].value), 2)
        unknown = np.tile(np.arange(_UNCERTAIN, dtype=np.uint8), (len(codes), 1))
        return [AskedSound(1.0, codes, unknown)], held[METHOD].quality
    return None


def packed(asked: Sequence[AskedSound]) -> bytes:
    """The asked fingerprint's value."""
    parts = []
    for each in asked:
        parts.append(struct.pack("<fI", each.speed, len(each.codes)))
        parts.append(each.codes.astype("<u4").tobytes() + each.uncertain.tobytes())
    return b"".join(parts)


def unpacked(value: bytes) -> list[AskedSound]:
    """What packed() was given; [] where the value is not of its making."""
    found, at = [], 0
    while at + 8 <= len(value):
        speed, count = struct.unpack_from("<fI", value, at)
        at += 8
        if count * 7 > len(value) - at or not 0.5 < speed < 2:
            return []
        codes = np.frombuffer(value, dtype="<u4", count=count, offset=at).astype(np.uint32)
        uncertain = np.frombuffer(value, dtype=np.uint8, count=3 * count, offset=at + 4 * count)
        found.append(AskedSound(round(speed, 4), codes, uncertain.reshape(count, 3) % _KEY_BITS))
        at += 7 * count
    return found


def keys_of(codes: Codes) -> NDArray[np.uint32]:
    """The 24 bits of each code that it is looked up by: without the outer bands, which a low-pass takes."""
    return (codes >> np.uint32(_KEY_SHIFT)) & np.uint32((1 << _KEY_BITS) - 1)


class _Spectra:
    """Collects the band magnitudes of samples fed in blocks, as if the sound were played at 1 / speed."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._hop = _ASKED_HOP / speed
        self._window = np.hanning(_WINDOW).astype(np.float32)
        edges = _BANDS * speed * _WINDOW / RATE
        whole = edges.astype(np.int64)
        self._bins = slice(int(whole[0]), int(whole[-1]) + 2)
        self._whole = whole - whole[0]
        self._part = (edges - whole).astype(np.float32)
        self._rest = np.zeros(0, dtype=np.float32)
        self._begins = 0  # the position of the rest's first sample
        self._frames = 0
        self._rows: list[NDArray[np.float32]] = []

    def feed(self, samples: Samples) -> None:
        """Take more samples."""
        joined = np.concatenate([self._rest, samples])
        ready = int((self._begins + len(joined) - _WINDOW) / self._hop) + 1
        for first in range(self._frames, ready, _BATCH):
            numbers = np.arange(first, min(first + _BATCH, ready))
            at = np.round(numbers * self._hop).astype(np.int64) - self._begins
            at = at[at + _WINDOW <= len(joined)]
            if len(at):
                self._rows.append(self._magnitudes(joined, at))
                self._frames += len(at)
        keep = max(0, round(self._frames * self._hop) - self._begins)
        self._rest = joined[keep:].copy()
        self._begins += len(joined) - len(self._rest)

    def _magnitudes(self, samples: Samples, at: NDArray[np.int64]) -> NDArray[np.float32]:
        views = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[at]
        spectrum = np.fft.rfft(views * self._window, axis=1)[:, self._bins]
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        sums = np.zeros((len(at), power.shape[1] + 1), dtype=np.float64)
        np.cumsum(power, axis=1, out=sums[:, 1:])
        edges = sums[:, self._whole] * (1 - self._part) + sums[:, self._whole + 1] * self._part
        magnitudes: NDArray[np.float32] = np.sqrt(np.maximum(0, np.diff(edges, axis=1))).astype(np.float32)
        return magnitudes

    def asked(self) -> AskedSound:
        """The codes of all that was fed."""
        rows = np.concatenate(self._rows) if self._rows else np.zeros((0, 33), dtype=np.float32)
        if len(rows) <= _LAG:
            return AskedSound(self._speed, np.zeros(0, np.uint32), np.zeros((0, _UNCERTAIN), np.uint8))
        parts = [_coded(rows[first : first + 8_192 + _LAG]) for first in range(0, len(rows) - _LAG, 8_192)]
        codes, uncertain = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
        return AskedSound(self._speed, codes, uncertain)


def _coded(rows: NDArray[np.float32]) -> tuple[Codes, NDArray[np.uint8]]:
    """Codes, and the three least certain places of each key, of all rows but the first `_LAG`."""
    now, before = rows[_LAG:], rows[:-_LAG]
    moved = (now[:, :-1] - now[:, 1:]) - (before[:, :-1] - before[:, 1:])
    packed_bits = np.packbits(np.ascontiguousarray(moved > 0), axis=1, bitorder="little")
    codes = np.ascontiguousarray(packed_bits).view("<u4")[:, 0].astype(np.uint32)
    loud = (now + before).sum(axis=1)
    # A full-scale sine gives half its amplitude times the window's sum, half the window.
    dead = (loud < _QUIET * _WINDOW / 2) | (np.abs(now - before).sum(axis=1) < _STILL * loud)
    codes = np.where(dead, np.uint32(DEAD), np.where(codes == DEAD, np.uint32(1), codes))
    inner = np.abs(moved[:, _KEY_SHIFT : _KEY_SHIFT + _KEY_BITS])
    uncertain = np.argpartition(inner, _UNCERTAIN, axis=1)[:, :_UNCERTAIN].astype(np.uint8)
    return codes, uncertain
