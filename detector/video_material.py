"""Made-up videos for calibration and benchmark: photographs that the camera pans and zooms over, with cuts.

The photographs are the caller's; each clip has its own, so that no two clips share a frame.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from detector.media.image import canonical_rgb
from detector.media.video import FRAMES_A_SECOND, Frame, Pixels

WIDTH, HEIGHT = 320, 240
PICTURES = 6
_Box = tuple[float, float, float]
"""Left and upper edge and the side, as shares of the picture."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph for so many seconds, the view gliding from one box to another."""

    picture: Path
    seconds: float
    begin: _Box
    end: _Box


@dataclass(frozen=True, slots=True)
class Clip:
    """Shots in a row."""

    shots: tuple[Shot, ...]

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return sum(shot.seconds for shot in self.shots)

    def at(self, time: float) -> Pixels:
        """The frame at a time in seconds, uint8 of shape (240, 320, 3)."""
        for shot in self.shots:
            if time < shot.seconds:
                return _view(shot, time / shot.seconds)
            time -= shot.seconds
        return _view(self.shots[-1], 1.0)

    def frames(self) -> Iterator[Frame]:
        """Two frames a second, as a decoder would give them."""
        for number in range(int(self.seconds * FRAMES_A_SECOND)):
            yield Frame(number / FRAMES_A_SECOND, self.at(number / FRAMES_A_SECOND))


def clip(seed: int, pictures: Sequence[Path]) -> Clip:
    """The clip of this number: 15 to 25 seconds of six photographs that no other number has.

    Raises ValueError where the photographs do not suffice.
    """
    rng = random.Random(f"clip {seed}")  # noqa: S311
    order = sorted(pictures)
    random.Random(20261124).shuffle(order)  # noqa: S311
    own = order[seed * PICTURES : (seed + 1) * PICTURES]
    if len(own) < PICTURES:
        raise ValueError(f"{len(pictures)} photographs do not make a clip number {seed}.")
    return Clip(tuple(Shot(each, rng.uniform(2.5, 4.2), _box(rng), _box(rng)) for each in own))


def _box(rng: random.Random) -> _Box:
    side = rng.uniform(0.6, 1.0)
    return rng.uniform(0, 1 - side), rng.uniform(0, 1 - side), side


def _view(shot: Shot, progress: float) -> Pixels:
    image = _photograph(shot.picture)
    left, top, side = (a + (b - a) * progress for a, b in zip(shot.begin, shot.end, strict=True))
    width, height = image.size
    box = (left * width, top * height, (left + side) * width, (top + side) * height)
    return np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box))


@lru_cache(maxsize=12)
def _photograph(path: Path) -> Image.Image:
    return Image.fromarray(canonical_rgb(path))
