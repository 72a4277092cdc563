"""One canonical decode of sound: mono float32 at a fixed rate, a block at a time, whatever the file holds.

Rate, downmix and resampler (FFmpeg's swresample with its own defaults) are part of every audio fingerprint's
version.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.media.container import StreamLimits, check_time
from detector.media.track import Beside, plain, sound_track

Samples = NDArray[np.float32]
RATE = 11_025
"""Samples a second of the canonical signal: Chromaprint's rate, and enough for what lies under 5.5 kHz."""
BLOCK_SECONDS = 10


def mono_blocks(
    path: Path, limits: StreamLimits | None = None, rate: int = RATE, beside: Beside = plain
) -> Iterator[Samples]:
    """The default audio track as blocks of float32 samples in -1 to 1, `rate` of them a second.

    All but the last block last ten seconds; a file with an audio track that holds no samples gives none.
    Memory does not grow with the length. Packets that cannot be decoded are skipped, up to a limit; `beside`
    sees each frame before it is resampled. Raises MediaUnreadable: `no_audio` where there is no audio track,
    `media_too_long` by the header or while reading, `unreadable_audio`.
    """
    bounds = limits or StreamLimits()
    size = BLOCK_SECONDS * rate
    waiting: list[Samples] = []
    held, total = 0, 0
    with sound_track(path, bounds) as track:
        for piece in _resampled(beside(track), rate):
            waiting.append(piece)
            held += len(piece)
            total += len(piece)
            check_time(total / rate, bounds)
            while held >= size:
                joined = np.concatenate(waiting)
                yield joined[:size]
                waiting, held = [joined[size:]], held - size
    if held:
        yield np.concatenate(waiting)


def _resampled(frames: Iterator[Any], rate: int) -> Iterator[Samples]:
    from av import AudioResampler, FFmpegError

    resampler = AudioResampler(format="flt", layout="mono", rate=rate)
    for frame in frames:
        # A gap in the times is closed: a cut copy and the whole must give the same signal.
        frame.pts = None
        try:
            made = resampler.resample(frame)
        except (FFmpegError, ValueError):
            # The track changes its rate or layout on the way: the resampler starts anew.
            resampler = AudioResampler(format="flt", layout="mono", rate=rate)
            made = resampler.resample(frame)
        for each in made:
            yield _samples(each)
    for each in resampler.resample(None):
        yield _samples(each)


def _samples(frame: Any) -> Samples:
    """The frame's samples; what is no number is silence, what is out of range is cut."""
    values = np.nan_to_num(frame.to_ndarray().reshape(-1), nan=0.0, posinf=1.0, neginf=-1.0)
    clipped: Samples = np.clip(values, -1.0, 1.0).astype(np.float32, copy=False)
    return clipped
