"""All fingerprints of an audio or video file: of what is seen, and of what is heard."""

from collections.abc import Callable
from pathlib import Path

from detector.errors import MediaUnreadable
from detector.fingerprints.audio import audio_prints
from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.video import video_prints
from detector.media.audio import mono_blocks
from detector.media.container import StreamLimits, header
from detector.media.video import frames


def recording(path: Path, limits: StreamLimits) -> tuple[Fingerprint, ...]:
    """The fingerprints of the video track and of the audio track, as far as there are any.

    One track that cannot be decoded does not hide the other. Raises MediaUnreadable where neither can, or
    the header breaks a limit: see detector/media/container.py, audio.py and video.py.
    """
    head = header(path, limits)
    tracks: list[Callable[[], tuple[Fingerprint, ...]]] = []
    if head.has_video:
        tracks.append(lambda: video_prints(frames(path, limits)))
    if head.has_audio:
        tracks.append(lambda: audio_prints(mono_blocks(path, limits)))
    prints: tuple[Fingerprint, ...] = ()
    refused: MediaUnreadable | None = None
    for track in tracks:
        try:
            prints += track()
        except MediaUnreadable as error:
            refused = error
    if refused is not None and not prints:
        raise refused
    return prints
