"""The ISCC code of an audio or video track, made of the frames that its fingerprints are made of.

The standard's tools resample and scale in ways of their own (media/reference.py); only decoding is shared.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import MediaUnreadable
from detector.fingerprints.chromaprint import Listener
from detector.fingerprints.frame_signature import frame_signature
from detector.fingerprints.iscc import VideoCode, audio_code
from detector.media.container import StreamLimits, check_time, readable
from detector.media.reference import ReferencePictures, ReferenceSound
from detector.media.track import PICTURES_CODE, SOUND_CODE, Track

log = logging.getLogger(__name__)

MAX_AUDIO_SECONDS = 3 * 3600
MAX_VIDEO_SECONDS = 3600
"""Longer files get no code: the standard codes the whole, and the code of a part is another one. For each
second of video a code costs five signatures of about 5 ms."""
MAX_CODE_PIXELS = MAX_VIDEO_SECONDS * 5 * 1920 * 1088
"""Of all frames coded: an hour in full HD. The time goes with the pixels, and must not be taken from the
fingerprints, by which copies are found."""


class StreamCode(ABC):
    """Looks at a track's frames as they go by and makes its code, within bounds of its own.

    What it cannot take in, or not within the bounds, leaves it without a code and the frames as they were.
    """

    _damage: str

    def __init__(self, limits: StreamLimits, longest: float) -> None:
        self._limits = replace(limits, max_seconds=min(limits.max_seconds, longest))
        self._found: str | None = None

    def through(self, track: Track) -> Iterator[Any]:
        """The track's frames, each looked at; see media.track.Beside."""
        hearing = self._try(self._begin, track)
        for frame in track.frames:
            hearing = hearing and self._try(self._take, frame)
            yield frame
        if hearing and self._try(self._end):
            self._try(self._keep)

    def code(self) -> str | None:
        """The code of the track, once all its frames have gone through.

        None for what is over the limits or damaged where the fingerprints are not, and for silence and blank
        pictures.
        """
        return self._found

    def _keep(self) -> None:
        self._found = self._made()

    def _try(self, step: Callable[..., None], *values: Any) -> bool:
        try:
            with readable(self._damage):
                step(*values)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a code fails at, the fingerprints go on
            if not isinstance(error, MediaUnreadable):
                log.warning("a content code failed: %s", error)
            return False
        return True

    def _begin(self, track: Track) -> None:
        if track.seconds is not None:
            check_time(track.seconds, self._limits)

    @abstractmethod
    def _take(self, frame: Any) -> None: ...

    @abstractmethod
    def _end(self) -> None: ...

    @abstractmethod
    def _made(self) -> str | None: ...


class SoundCode(StreamCode):
    """The Audio-Code of a track of sound."""

    _damage = SOUND_CODE

    def __init__(self, limits: StreamLimits) -> None:
        super().__init__(limits, MAX_AUDIO_SECONDS)
        self._sound = ReferenceSound(self._limits)
        self._listener = Listener()

    def _take(self, frame: Any) -> None:
        for block in self._sound.take(frame):
            self._listener.feed(block)

    def _end(self) -> None:
        for block in self._sound.rest():
            self._listener.feed(block)

    def _made(self) -> str | None:
        return audio_code(self._listener.features())


class PicturesCode(StreamCode):
    """The Video-Code of a track of pictures."""

    _damage = PICTURES_CODE

    def __init__(self, limits: StreamLimits) -> None:
        super().__init__(limits, MAX_VIDEO_SECONDS)
        self._pictures: ReferencePictures | None = None
        self._code = VideoCode()
        self._pixels = 0

    def _begin(self, track: Track) -> None:
        super()._begin(track)
        self._pictures = ReferencePictures(track, self._limits)

    def _take(self, frame: Any) -> None:
        if self._pictures is not None:
            self._add(self._pictures.take(frame))

    def _end(self) -> None:
        if self._pictures is not None:
            self._add(self._pictures.rest())

    def _add(self, luma: NDArray[np.uint8] | None) -> None:
        if luma is None:
            return
        self._pixels += luma.size
        if self._pixels > MAX_CODE_PIXELS:
            raise MediaUnreadable("The video has too many pixels for a code.", code="media_too_long")
        self._code.add(frame_signature(luma))

    def _made(self) -> str | None:
        return self._code.code()
