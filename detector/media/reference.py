"""Sound and frames as the reference tools of ISO 24138 read them, so that codes equal theirs bit for bit.

fpcalc resamples with settings of its own, and ffmpeg's `fps=5,signature` looks at the brightness plane of the
frames as they were coded: neither can use the canonical decodes.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detector.media.container import StreamLimits, check_time
from detector.media.track import Track, picture_track, sound_track
from detector.media.video import display_matrix, turned

if TYPE_CHECKING:
    from av.filter import Graph

SOUND_RATE = 11_025
FRAMES_A_SECOND = 5

_RESAMPLER = f"{SOUND_RATE}:ochl=mono:osf=s16:filter_size=16:phase_shift=8:linear_interp=1:cutoff=0.8"
_BRIGHTNESS_FIRST = frozenset(
    {"gray", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "nv12", "nv21"}
    | {"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"}
)
"""Pixel formats whose first plane is 8-bit brightness."""


class ReferenceSound:
    """Makes mono 16-bit samples, `SOUND_RATE` a second, of one frame after the other."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._graph: Graph | None = None
        self._form: tuple[int, str, str] | None = None
        self._total = 0

    def take(self, frame: Any) -> Iterator[NDArray[np.int16]]:
        """What this frame brings, in blocks of any length. Raises MediaUnreadable `media_too_long`."""
        form = (frame.sample_rate, frame.format.name, frame.layout.name)
        if self._graph is None or form != self._form:
            # The track changes its rate or layout on the way: the resampler starts anew.
            self._graph, self._form = _resampler(*form), form
        frame.pts = None
        for block in _through(self._graph, frame):
            self._total += block.size
            check_time(self._total / SOUND_RATE, self._limits)
            yield block

    def rest(self) -> Iterator[NDArray[np.int16]]:
        """What was held back, after the last frame."""
        return iter(()) if self._graph is None else _through(self._graph, None)


def sound(path: Path, limits: StreamLimits) -> Iterator[NDArray[np.int16]]:
    """The audio track as mono 16-bit samples, `SOUND_RATE` a second, in blocks of any length.

    Raises MediaUnreadable as media.track.sound_track does, and `media_too_long` while reading.
    """
    with sound_track(path, limits) as track:
        made = ReferenceSound(limits)
        for frame in track.frames:
            yield from made.take(frame)
        yield from made.rest()


def _resampler(rate: int, form: str, layout: str) -> "Graph":
    from av.filter import Graph

    graph = Graph()
    source = graph.add(
        "abuffer", f"sample_rate={rate}:sample_fmt={form}:channel_layout={layout}:time_base=1/{rate}"
    )
    resample, sink = graph.add("aresample", _RESAMPLER), graph.add("abuffersink")
    source.link_to(resample)
    resample.link_to(sink)
    graph.configure()
    return graph


def _through(graph: "Graph", frame: Any) -> Iterator[NDArray[np.int16]]:
    from av.error import BlockingIOError as Waiting
    from av.error import EOFError as Ended

    graph.push(frame)
    while True:
        try:
            made = graph.pull()
        except (Waiting, Ended):
            return
        yield np.asarray(made.to_ndarray(), dtype=np.int16).reshape(-1)


class ReferencePictures:
    """Lets through what ffmpeg's fps=5 does: of the frames whose times round to the same fifth of a second,
    the last. A frame that it would repeat to fill a gap is given once."""

    def __init__(self, track: Track, limits: StreamLimits) -> None:
        self._start, self._rate, self._limits = track.start, track.rate, limits
        self._held: Any = None
        self._slot, self._time, self._given = 0, Fraction(0), False

    def take(self, frame: Any) -> NDArray[np.uint8] | None:
        """The brightness of the frame that this one lets through, if it does. Raises MediaUnreadable
        `media_too_long`."""
        if frame.pts is not None and frame.time_base is not None:
            self._time = frame.pts * frame.time_base - self._start
        elif self._held is not None:
            self._time += 1 / self._rate
        check_time(float(self._time), self._limits)
        due = _slot(self._time)
        passed = self._held if self._held is not None and due > self._slot else None
        self._slot = due if self._held is None else max(self._slot, due)
        self._held = frame
        self._given = self._given or passed is not None
        return None if passed is None else _luma(passed)

    def rest(self) -> NDArray[np.uint8] | None:
        """The brightness of the last frame, if it has a place of its own.

        Of a video that is over within a tenth of a second ffmpeg lets nothing through; here it has one frame.
        """
        held = self._held
        if held is None or (self._given and _slot(self._time + _lasts(held, self._rate)) <= self._slot):
            return None
        return _luma(held)


def brightness(path: Path, limits: StreamLimits) -> Iterator[NDArray[np.uint8]]:
    """The brightness, uint8 of shape (height, width), of the upright frames that ffmpeg's fps=5 lets through.

    Raises MediaUnreadable as media.track.picture_track does, and `media_too_long` while reading.
    """
    with picture_track(path, limits) as track:
        pictures = ReferencePictures(track, limits)
        for frame in track.frames:
            luma = pictures.take(frame)
            if luma is not None:
                yield luma
        luma = pictures.rest()
        if luma is not None:
            yield luma


def _slot(time: Fraction) -> int:
    return int((time * FRAMES_A_SECOND + Fraction(1, 2)) // 1)


def _lasts(frame: Any, rate: Fraction) -> Fraction:
    return frame.duration * frame.time_base if frame.duration and frame.time_base else 1 / rate


def _luma(frame: Any) -> NDArray[np.uint8]:
    if frame.format.name not in _BRIGHTNESS_FIRST or frame.planes[0].line_size < 0:
        frame = frame.reformat(format="yuv444p")
    plane = frame.planes[0]
    rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
    return turned(rows[: frame.height, : frame.width], display_matrix(frame))
