"""Opening audio and video files: what the header claims is checked before anything is decoded.

Only formats that hold their own content are opened: a playlist (HLS, concat, SDP) would have FFmpeg read
other files and addresses.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from detector.errors import MediaUnreadable

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

S = TypeVar("S")
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,h264,hevc,ivf,m4v,matroska,mov,mp3,mp4,mpc,mpc8,mpeg,"
    "mpegts,mxf,ogg,tta,w64,wav,webm,wv"
)
_OPTIONS = {
    "format_whitelist": _FORMATS,
    "protocol_whitelist": "file",
    "max_streams": "64",
    "probesize": "5000000",
}
_MOST_DAMAGED = 200
"""Packets that a decoder may refuse before we give up: a scratch is skipped, as players do."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Bounds for one file: `max_seconds` of playing time, `max_pixels` a frame (width x height),
    `max_frames` decoded in all, whatever times they claim."""

    max_seconds: float = 3 * 3600.0
    max_pixels: int = 4096 * 4096
    max_frames: int = 3 * 3600 * 61


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. `seconds` is None where it does not say; `width` and `height` are of the
    first video stream, 0 without one. A cover picture is no video."""

    seconds: float | None
    has_audio: bool
    has_video: bool
    width: int
    height: int


def header(path: Path, limits: StreamLimits | None = None) -> Header:
    """Read the header of an audio or video file. Raises MediaUnreadable as opened() does."""
    with opened(path, limits or StreamLimits(), "unreadable_media") as container:
        video = video_stream(container)
        return Header(
            seconds=playing_seconds(container),
            has_audio=audio_stream(container) is not None,
            has_video=video is not None,
            width=0 if video is None else video.codec_context.width,
            height=0 if video is None else video.codec_context.height,
        )


@contextmanager
def opened(path: Path, limits: StreamLimits, code: str) -> "Iterator[InputContainer]":
    """The file's container, its header checked against the limits.

    Whatever FFmpeg finds wrong, here or while the caller reads, is raised as MediaUnreadable with `code`;
    limits are `media_too_long` and `too_many_pixels`.
    """
    import av

    # "file:" keeps a name like "http:x" a name.
    with (
        readable(code),
        av.open(f"file:{path}", options=dict(_OPTIONS), metadata_errors="replace") as container,
    ):
        _check_header(container, limits)
        yield container


@contextmanager
def readable(code: str) -> Iterator[None]:
    """Whatever FFmpeg finds wrong within is raised as MediaUnreadable with `code`."""
    import av

    try:
        yield
    except (av.FFmpegError, ValueError, EOFError, OSError, MemoryError, ArithmeticError) as error:
        raise MediaUnreadable(
            "The file is damaged, or of no audio or video format that we read.", code=code
        ) from error


def _check_header(container: "InputContainer", limits: StreamLimits) -> None:
    seconds = playing_seconds(container)
    if seconds is not None:
        check_time(seconds, limits)
    for stream in _decodable(container.streams.video):
        pixels = stream.codec_context.width * stream.codec_context.height
        if pixels > limits.max_pixels:
            raise MediaUnreadable(
                f"A frame has {pixels:,} pixels; the limit is {limits.max_pixels:,}.", code="too_many_pixels"
            )


def check_time(seconds: float, limits: StreamLimits) -> None:
    """Raise MediaUnreadable (`media_too_long`) where a time lies beyond the limit."""
    if seconds > limits.max_seconds:
        raise MediaUnreadable(
            f"It plays for {seconds:,.0f} seconds or more; the limit is {limits.max_seconds:,.0f}.",
            code="media_too_long",
        )


def playing_seconds(container: "InputContainer") -> float | None:
    """The header's playing time; None where it is absent or nonsense."""
    claimed = container.duration
    return claimed / 1_000_000 if claimed is not None and claimed >= 0 else None


def video_stream(container: "InputContainer") -> "VideoStream | None":
    """The video stream to read: the default one or the first; never an attached picture."""
    from av.stream import Disposition

    real = [s for s in _decodable(container.streams.video) if not s.disposition & Disposition.attached_pic]
    preferred = [s for s in real if s.disposition & Disposition.default]
    return next(iter(preferred or real), None)


def _decodable(streams: "Iterable[S]") -> "list[S]":
    """Those that FFmpeg has a decoder for: a damaged header may name any."""
    return [stream for stream in streams if cast(Any, stream).codec_context is not None]


def audio_stream(container: "InputContainer") -> "AudioStream | None":
    """The audio stream to read: the default one or the first."""
    from av.stream import Disposition

    streams = _decodable(container.streams.audio)
    preferred = [s for s in streams if s.disposition & Disposition.default]
    return next(iter(preferred or streams), None)


class Damage:
    """Counts what a decoder refused, and ends the patience with it."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._refused = 0

    def note(self) -> None:
        """One more packet refused. Raises MediaUnreadable when there were too many."""
        self._refused += 1
        if self._refused > _MOST_DAMAGED:
            raise MediaUnreadable("Too much of the file is damaged.", code=self._code)


def decoded(container: "InputContainer", stream: "AudioStream | VideoStream", code: str) -> Iterator[Any]:
    """The stream's frames; what cannot be decoded is skipped. Raises MediaUnreadable as Damage does."""
    from av import FFmpegError

    damage = Damage(code)
    packets = container.demux(stream)
    while True:
        try:
            packet = _next(packets)
            if packet is None:
                return
            frames = packet.decode()
        except (FFmpegError, ValueError):
            damage.note()
            continue
        yield from frames


def _next(packets: Iterator[Any]) -> Any:
    """The next packet; None after the last.

    PyAV stumbles over streams that the header did not tell, after it has given all packets of those it did.
    """
    try:
        return next(packets, None)
    except IndexError:
        return None
