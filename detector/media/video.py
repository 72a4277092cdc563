"""One canonical decode of video: upright RGB frames, two a second, made small while they are still planes.

The pace, the size and the scaler are part of every video fingerprint's version.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import MediaUnreadable
from detector.media.container import StreamLimits, check_time
from detector.media.track import Beside, Track, picture_track, plain

Pixels = NDArray[np.uint8]
FRAMES_A_SECOND = 2.0
LONG_SIDE = 512
"""Frames are reduced, by area, until no side is longer; smaller ones stay as they are."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One sampled frame: `seconds` from the first frame; upright RGB, uint8 of shape (height, width, 3)."""

    seconds: float
    pixels: Pixels


def frames(
    path: Path,
    limits: StreamLimits | None = None,
    pace: float = FRAMES_A_SECOND,
    side: int = LONG_SIDE,
    beside: Beside = plain,
) -> Iterator[Frame]:
    """Frames of the video track, the first and then the next one at or after every 1 / `pace` seconds.

    Turned and mirrored as the display matrix says; no side is longer than `side`. Memory does not grow with
    the length; `beside` sees every frame of the track, before it is made small. Raises MediaUnreadable:
    `no_video` where there is no video track (a cover picture is none), `too_many_pixels`, `media_too_long`
    and `too_many_frames` by the header or while reading, `truncated_file` where the header holds and no
    frame does, `unreadable_video`.
    """
    bounds = limits or StreamLimits()
    with picture_track(path, bounds) as track:
        count = 0
        for seconds, frame in _paced(track, beside(track), bounds, pace):
            count += 1
            yield Frame(seconds, _upright_rgb(frame, side))
        if not count:
            raise MediaUnreadable("The file ends before its first frame.", code="truncated_file")


def _paced(
    track: Track, given: Iterator[Any], limits: StreamLimits, pace: float
) -> Iterator[tuple[float, Any]]:
    rate = float(track.rate)
    start: float | None = None
    last = 0.0
    due = 0.0
    for number, frame in enumerate(given):
        time = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        if start is None:
            start = time or 0.0
        # Without a time, or with one that leaps back, a frame follows the last at the claimed rate.
        seconds = last + (1 / rate if number else 0) if time is None or time - start < last else time - start
        last = seconds
        check_time(seconds, limits)
        if seconds + 1e-6 >= due:
            yield seconds, frame
            due = max(due + 1 / pace, (seconds * pace // 1 + 1) / pace)


def _upright_rgb(frame: Any, side: int) -> Pixels:
    from av.video.reformatter import Interpolation

    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation=Interpolation.AREA)
    return turned(small.to_ndarray(), display_matrix(frame))


def display_matrix(frame: Any) -> tuple[int, int, int, int]:
    """The nearest of the eight upright matrices (a, b, c, d) to the display matrix (ISO/IEC 14496-12 section
    6.2.2: x' = a x + c y, y' = b x + d y); (1, 0, 0, 1) where there is none or it turns by half angles."""
    held = frame.side_data.get("DISPLAYMATRIX")
    if held is None or len(bytes(held)) < 36:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(held)[:36])
    if abs(a) + abs(d) > abs(b) + abs(c):
        return (1 if a > 0 else -1), 0, 0, (1 if d > 0 else -1)
    if b and c:
        return 0, (1 if b > 0 else -1), (1 if c > 0 else -1), 0
    return 1, 0, 0, 1


def turned(pixels: Pixels, matrix: tuple[int, int, int, int]) -> Pixels:
    """Pixels, uint8 of shape (height, width) or (height, width, 3), as a display matrix wants them shown."""
    a, b, c, d = matrix
    if not a:  # x and y change places
        pixels = pixels.swapaxes(0, 1)
        a, d = c, b
    return np.ascontiguousarray(pixels[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1])
