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

from detector.errors import MediaUnreadable
from detector.media.container import StreamLimits, audio_stream, check_time, decoded, opened, video_stream
from detector.media.video import display_matrix, turned

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.filter import Graph

SOUND_RATE = 11_025
FRAMES_A_SECOND = 5

_RESAMPLER = f"{SOUND_RATE}:ochl=mono:osf=s16:filter_size=16:phase_shift=8:linear_interp=1:cutoff=0.8"
_BRIGHTNESS_FIRST = frozenset(
    {"gray", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "nv12", "nv21"}
    | {"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"}
)
"""Pixel formats whose first plane is 8-bit brightness."""


def sound(path: Path, limits: StreamLimits) -> Iterator[NDArray[np.int16]]:
    """The audio track as mono 16-bit samples, `SOUND_RATE` a second, in blocks of any length.

    Raises MediaUnreadable: `no_audio`, `media_too_long` by the header or while reading, `unreadable_audio`.
    """
    code = "unreadable_audio"
    with opened(path, limits, code) as container:
        stream = audio_stream(container)
        if stream is None:
            raise MediaUnreadable("The file has no audio track.", code="no_audio")
        stream.codec_context.thread_type = "NONE"
        total, graph, form = 0, None, None
        for frame in decoded(container, stream, code):
            shape = (frame.sample_rate, frame.format.name, frame.layout.name)
            if graph is None or shape != form:
                # The track changes its rate or layout on the way: the resampler starts anew.
                graph, form = _resampler(*shape), shape
            frame.pts = None
            for block in _through(graph, frame):
                total += block.size
                check_time(total / SOUND_RATE, limits)
                yield block
        if graph is not None:
            yield from _through(graph, None)


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


def brightness(path: Path, limits: StreamLimits) -> Iterator[NDArray[np.uint8]]:
    """The brightness, uint8 of shape (height, width), of the upright frames that ffmpeg's fps=5 lets through.

    A frame that it would repeat to fill a gap is given once. Raises MediaUnreadable: `no_video`,
    `too_many_pixels`, `media_too_long` and `too_many_frames` by the header or while reading,
    `unreadable_video`.
    """
    code = "unreadable_video"
    with opened(path, limits, code) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaUnreadable("The file has no video track.", code="no_video")
        stream.codec_context.thread_type = "NONE"
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        for frame in _let_through(container, decoded(container, stream, code), rate, limits):
            yield _luma(frame)


def _let_through(
    container: "InputContainer", frames: Iterator[Any], rate: Fraction, limits: StreamLimits
) -> Iterator[Any]:
    """Of the frames whose times round to the same fifth of a second, the last."""
    start = Fraction(container.start_time or 0, 1_000_000)
    held: Any = None
    slot, time, given = 0, Fraction(0), False
    for number, frame in enumerate(frames):
        if number >= limits.max_frames:
            raise MediaUnreadable(
                f"The video has more than {limits.max_frames:,} frames.", code="too_many_frames"
            )
        if frame.pts is not None and frame.time_base is not None:
            time = frame.pts * frame.time_base - start
        elif held is not None:
            time += 1 / rate
        check_time(float(time), limits)
        due = _slot(time)
        if held is not None and due > slot:
            yield held
            given = True
        slot = due if held is None else max(slot, due)
        held = frame
    # Of a video that is over within a tenth of a second ffmpeg lets nothing through; here it has one frame.
    if held is not None and (not given or _slot(time + _lasts(held, rate)) > slot):
        yield held


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
