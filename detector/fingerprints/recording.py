"""All fingerprints of an audio or video file: of what is seen, and of what is heard."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from detector.errors import MediaUnreadable
from detector.fingerprints.audio import audio_prints
from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.iscc_stream import PicturesCode, SoundCode, StreamCode
from detector.fingerprints.video import video_prints
from detector.media.audio import mono_blocks
from detector.media.container import StreamLimits, header
from detector.media.track import plain
from detector.media.video import frames
from provenance.assets.asset import Medium


@dataclass(frozen=True, slots=True)
class Recording:
    """The fingerprints of a file's tracks, and its ISCC code if it has one."""

    prints: tuple[Fingerprint, ...]
    iscc: str | None


def recording(path: Path, limits: StreamLimits) -> tuple[Fingerprint, ...]:
    """The fingerprints of the video track and of the audio track, as far as there are any, and no code.

    One track that cannot be decoded does not hide the other. Raises MediaUnreadable where neither can, or
    the header breaks a limit: see detector/media/container.py, audio.py and video.py.
    """
    return _read(path, limits, None).prints


def coded_recording(path: Path, limits: StreamLimits, medium: str) -> Recording:
    """The same, and the code, each track being decoded once; `medium` is the value of a Medium.

    A video's code is that of what is seen. Where there are no pictures (sound in a WebM file, whose head does
    not say so) it is that of what is heard. Raises as recording() does.
    """
    return _read(path, limits, medium)


def _read(path: Path, limits: StreamLimits, medium: str | None) -> Recording:
    head = header(path, limits)
    code: StreamCode | None = None
    if medium is not None:
        code = PicturesCode(limits) if medium == Medium.VIDEO and head.has_video else SoundCode(limits)
    tracks: list[Callable[[], tuple[Fingerprint, ...]]] = []
    if head.has_video:
        seen = code.through if isinstance(code, PicturesCode) else plain
        tracks.append(lambda: video_prints(frames(path, limits, beside=seen)))
    if head.has_audio:
        heard = code.through if isinstance(code, SoundCode) else plain
        tracks.append(lambda: audio_prints(mono_blocks(path, limits, beside=heard)))
    prints: tuple[Fingerprint, ...] = ()
    refused: MediaUnreadable | None = None
    for track in tracks:
        try:
            prints += track()
        except MediaUnreadable as error:
            refused = error
    if refused is not None and not prints:
        raise refused
    return Recording(prints, None if code is None else code.code())
