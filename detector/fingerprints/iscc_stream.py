"""The ISCC code of an audio or video file, within bounds of its own."""

from dataclasses import replace
from pathlib import Path

from detector.errors import MediaUnreadable
from detector.fingerprints.chromaprint import features
from detector.fingerprints.frame_signature import frame_signature
from detector.fingerprints.iscc import audio_code, video_code
from detector.media.container import StreamLimits
from detector.media.reference import brightness, sound
from provenance.assets.asset import Medium

MAX_AUDIO_SECONDS = 3 * 3600
MAX_VIDEO_SECONDS = 3600
"""Longer files get no code: the standard codes the whole, and the code of a part is another one. A code costs
a second decoding, and for each second of video five signatures of about 5 ms."""


def stream_code(path: Path, medium: str, limits: StreamLimits | None = None) -> str | None:
    """The Audio-Code of an audio file, the Video-Code of a video file; `medium` is the value of a Medium.

    None for other media, for what cannot be decoded within the limits, and for silence and blank pictures.
    """
    bounds = limits or StreamLimits()
    try:
        if medium == Medium.AUDIO:
            longest = min(bounds.max_seconds, MAX_AUDIO_SECONDS)
            return audio_code(features(sound(path, replace(bounds, max_seconds=longest))))
        if medium == Medium.VIDEO:
            longest = min(bounds.max_seconds, MAX_VIDEO_SECONDS)
            return video_code(map(frame_signature, brightness(path, replace(bounds, max_seconds=longest))))
    except MediaUnreadable:
        return None
    return None
