"""One track of a recording, open to be decoded once: what is made of it shares its frames."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from detector.errors import MediaUnreadable
from detector.media.container import (
    StreamLimits,
    audio_stream,
    decoded,
    opened,
    playing_seconds,
    video_stream,
)

SOUND_CODE = "unreadable_audio"
PICTURES_CODE = "unreadable_video"


@dataclass(frozen=True, slots=True)
class Track:
    """`frames` are PyAV's, each to be had once; `seconds` is the header's playing time, None where it says
    none; `start` is the time of the file's beginning in seconds; `rate` is frames a second, 0 for sound."""

    frames: Iterator[Any]
    seconds: float | None
    start: Fraction
    rate: Fraction


Beside = Callable[[Track], Iterator[Any]]
"""Gives a track's frames on as they come, having looked at each."""


def plain(track: Track) -> Iterator[Any]:
    """The frames, with nobody beside."""
    return track.frames


@contextmanager
def sound_track(path: Path, limits: StreamLimits) -> Iterator[Track]:
    """The default audio track. Raises MediaUnreadable: `no_audio`, `media_too_long` by the header,
    `unreadable_audio` here and while it is read."""
    with opened(path, limits, SOUND_CODE) as container:
        stream = audio_stream(container)
        if stream is None:
            raise MediaUnreadable("The file has no audio track.", code="no_audio")
        stream.codec_context.thread_type = "NONE"
        frames = decoded(container, stream, SOUND_CODE)
        yield Track(frames, playing_seconds(container), _start(container), Fraction(0))


@contextmanager
def picture_track(path: Path, limits: StreamLimits) -> Iterator[Track]:
    """The default video track; a cover picture is none. Raises MediaUnreadable: `no_video`,
    `too_many_pixels` and `media_too_long` by the header, `too_many_frames` and `unreadable_video` while it is
    read."""
    with opened(path, limits, PICTURES_CODE) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaUnreadable("The file has no video track.", code="no_video")
        stream.codec_context.thread_type = "NONE"
        # Also holds for what the header does not say: FFmpeg refuses larger frames on the way.
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        frames = _counted(decoded(container, stream, PICTURES_CODE), limits)
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        yield Track(frames, playing_seconds(container), _start(container), rate)


def _start(container: Any) -> Fraction:
    return Fraction(container.start_time or 0, 1_000_000)


def _counted(frames: Iterator[Any], limits: StreamLimits) -> Iterator[Any]:
    for number, frame in enumerate(frames):
        if number >= limits.max_frames:
            raise MediaUnreadable(
                f"The video has more than {limits.max_frames:,} frames.", code="too_many_frames"
            )
        yield frame
