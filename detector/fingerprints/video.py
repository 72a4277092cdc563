"""Video by its key frames: PDQ of two frames a second, without black bars, and one for as long as it lasts.

A frame that looks like the one before lengthens its run. The border is what never changed in any frame so
far; the first twelve seconds are hashed once all of them have been seen.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint
from detector.media.video import FRAMES_A_SECOND, Frame, Pixels

METHOD = "video/1"
ASKED_METHOD = "video-asked/1"
"""The same runs with the frame's eight turned and mirrored views: asked with, never stored."""

Codes = NDArray[np.uint8]
VIEWS = 8
SAME_FRAME = 12
"""PDQ bits that may differ within a run."""
FRAME_FLOOR = 50
"""PDQ's own quality below which a frame is too flat to tell anything."""
_LONGEST = 0xFFFF
_SETTLING = 24
_UNIFORM = 24
_LEAST_LEFT = 1 / 3
_RUN = struct.Struct("<HH")
_WIDTH = 32


@dataclass(frozen=True, slots=True)
class Runs:
    """`starts` and `ends` in seconds, float64 (n,); `codes` uint8 of shape (n, views, 32)."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    codes: Codes

    def __len__(self) -> int:
        return len(self.starts)


def video_prints(frames: Iterable[Frame]) -> tuple[Fingerprint, ...]:
    """The stored and the asked fingerprint of frames two a second (media.video.frames).

    Stored are 36 bytes a run: its first and last half second and the PDQ of its first frame; at most 4.3 KB a
    minute. Quality is 25 for each run, at most 100; a video of flat frames alone has 0 and no runs.
    """
    runs: list[tuple[int, int, Codes]] = []
    for frame in _trimmed(frames):
        half = min(_LONGEST, round(frame.seconds * FRAMES_A_SECOND))
        views, quality = _views(frame.pixels)
        if quality < FRAME_FLOOR:
            continue
        if runs and half - runs[-1][1] <= 2 and _apart(views[0], runs[-1][2][0]) <= SAME_FRAME:
            runs[-1] = (runs[-1][0], half, runs[-1][2])
        else:
            runs.append((half, half, views))
    quality = min(100, 25 * len(runs))
    stored = b"".join(_RUN.pack(start, end) + views[0].tobytes() for start, end, views in runs)
    prints = (Fingerprint(METHOD, stored, quality),)
    if not runs:
        return prints
    asked = b"".join(_RUN.pack(start, end) + views.tobytes() for start, end, views in runs)
    return (*prints, Fingerprint(ASKED_METHOD, asked, quality))


def stored_runs(value: bytes) -> Runs:
    """The runs of a stored value, one view each; an odd rest is dropped."""
    return _runs(value, 1)


def asked_of(entries: Iterable[Fingerprint]) -> tuple[Runs, int] | None:
    """What to ask with and its quality: all views where they are given, else the stored one alone."""
    held = {entry.method: entry for entry in entries}
    if ASKED_METHOD in held:
        return asked_runs(held[ASKED_METHOD].value), held[ASKED_METHOD].quality
    if METHOD in held:
        return stored_runs(held[METHOD].value), held[METHOD].quality
    return None


def asked_runs(value: bytes) -> Runs:
    """The runs of an asked value, eight views each; an odd rest is dropped."""
    return _runs(value, VIEWS)


def _runs(value: bytes, views: int) -> Runs:
    row = np.dtype([("start", "<u2"), ("end", "<u2"), ("codes", "u1", (views, _WIDTH))])
    held = np.frombuffer(value[: len(value) // row.itemsize * row.itemsize], dtype=row)
    pace = FRAMES_A_SECOND
    return Runs(held["start"] / pace, (held["end"].astype(np.float64) + 1) / pace, held["codes"])


def _views(pixels: Pixels) -> tuple[Codes, int]:
    import pdqhash

    views, quality = pdqhash.compute_dihedral(np.ascontiguousarray(pixels))
    return np.packbits(np.array(views, dtype=np.uint8), axis=1), int(quality)


def _apart(first: Codes, second: Codes) -> int:
    return int(np.bitwise_count(first ^ second).sum())


def _trimmed(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The frames without the border that all so far have had in common."""
    border = _Border()
    waiting: list[Frame] = []
    settled = False
    for frame in frames:
        border.see(frame.pixels)
        waiting.append(frame)
        if settled or len(waiting) >= _SETTLING:
            settled = True
            yield from (Frame(each.seconds, border.cut(each.pixels)) for each in waiting)
            waiting = []
    yield from (Frame(each.seconds, border.cut(each.pixels)) for each in waiting)


class _Border:
    """Rows and columns at the edges that held one colour in every frame so far, black bars for the most."""

    def __init__(self) -> None:
        self._shape: tuple[int, ...] = ()
        self._high: list[Codes] = []
        self._low: list[Codes] = []

    def see(self, pixels: Pixels) -> None:
        """Take one more frame into account; one of another size starts anew."""
        high = [pixels.max(axis=(1, 2)), pixels.max(axis=(0, 2))]
        low = [pixels.min(axis=(1, 2)), pixels.min(axis=(0, 2))]
        if self._shape != pixels.shape:
            self._shape, self._high, self._low = pixels.shape, high, low
            return
        self._high = [np.maximum(held, fresh) for held, fresh in zip(self._high, high, strict=True)]
        self._low = [np.minimum(held, fresh) for held, fresh in zip(self._low, low, strict=True)]

    def cut(self, pixels: Pixels) -> Pixels:
        """The frame inside the border; all of it where little would be left, or its size is another."""
        if pixels.shape != self._shape:
            return pixels
        sides = []
        for high, low in zip(self._high, self._low, strict=True):
            live = np.flatnonzero(high.astype(np.int16) - low > _UNIFORM)
            if len(live) < _LEAST_LEFT * len(high):
                return pixels
            sides.append(slice(int(live[0]), int(live[-1]) + 1))
        return pixels[sides[0], sides[1]]
