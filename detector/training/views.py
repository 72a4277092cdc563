"""Views of a picture: the untouched one and strongly edited ones, drawn at random."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from detector.training import colour, layout, shape
from detector.training.pictures import Picture

STRONG = 2
"""Edited views a picture in a batch; the untouched one comes on top."""

_COLOUR = (colour.tone, colour.hue, colour.grey, colour.channels, colour.levels)
_GRAIN = (colour.blur, colour.sharpen, colour.noise, colour.jpeg, colour.small)
_SHAPE = (shape.crop, shape.stretch, shape.turn, shape.quarter_turn, shape.perspective, shape.mirror)
_SHAPE_ODDS = (0.34, 0.08, 0.24, 0.14, 0.08, 0.12)
_LAYOUTS: tuple[tuple[float, Callable[[Picture, Generator, Sequence[Picture]], Picture]], ...] = (
    (0.16, lambda picture, rng, others: layout.caption(picture, rng)),
    (0.28, lambda picture, rng, others: layout.sticker(picture, rng, others[0])),
    (0.34, lambda picture, rng, others: layout.watermark(picture, rng, others[0])),
    (0.46, lambda picture, rng, others: layout.border(picture, rng)),
    (0.62, lambda picture, rng, others: layout.screenshot(picture, rng)),
    (0.76, lambda picture, rng, others: layout.beside(picture, rng, others[0])),
    (0.86, lambda picture, rng, others: layout.collage(picture, rng, list(others))),
    (1.00, lambda picture, rng, others: layout.inset(picture, rng, others[0])),
)
"""Layouts, each with the bound below which a number drawn from 0 to 1 chooses it."""


class Views:
    """Batches by step: the same (seed, step) always gives the same pixels, whoever computes it.

    A batch holds `batch` pictures; across an epoch every picture comes up once. Another picture laid beside
    or under one is never of the same batch, where it would be both a wrong and a right answer.
    """

    def __init__(self, pictures: Sequence[Picture], batch: int, seed: int) -> None:
        self._pictures = pictures
        self._batch = batch
        self._seed = seed
        self.steps_an_epoch = len(pictures) // batch

    def batch(self, step: int, side: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """(1 + STRONG) × batch pictures (n, side, side, 3), view by view, and each one's picture number."""
        cv2.setNumThreads(1)
        epoch, place = divmod(step, self.steps_an_epoch)
        order = np.random.default_rng([self._seed, 0, epoch]).permutation(len(self._pictures))
        start = place * self._batch
        chosen = order[start : start + self._batch]
        rest = np.concatenate([order[:start], order[start + self._batch :]])
        pixels = np.empty((1 + STRONG, self._batch, side, side, 3), np.uint8)
        for i, number in enumerate(chosen):
            rng = np.random.default_rng([self._seed, 1, step, i])
            original = base(self._pictures[number], rng)
            pixels[0, i] = squared(colour.light(original, rng), side)
            for view in range(1, 1 + STRONG):
                others = [self._pictures[k] for k in rng.choice(rest, 3)]
                pixels[view, i] = squared(edited(original, rng, others), side)
        return pixels.reshape(-1, side, side, 3), np.tile(chosen, 1 + STRONG).astype(np.int64)


def base(picture: Picture, rng: Generator) -> Picture:
    """The picture to take views of: often a part of the one on disk, mirrored or in other colours.

    Three thousand pictures are few; parts of them in other colours are more.
    """
    if rng.random() < 0.5:
        picture = shape.crop(picture, rng, 0.45)
    if rng.random() < 0.3:
        picture = shape.mirror(picture, rng)
    if rng.random() < 0.2:
        picture = colour.channels(picture, rng)
    if rng.random() < 0.1:
        picture = shape.quarter_turn(picture, rng)
    return picture


def edited(picture: Picture, rng: Generator, others: Sequence[Picture]) -> Picture:
    """A strongly edited copy. `others` are three pictures to lay beside or under it."""
    for _ in range(int(rng.choice((0, 1, 2), p=(0.25, 0.55, 0.2)))):
        picture = _SHAPE[int(rng.choice(len(_SHAPE), p=_SHAPE_ODDS))](picture, rng)
    for _ in range(int(rng.choice((0, 1, 2), p=(0.35, 0.5, 0.15)))):
        picture = _COLOUR[int(rng.integers(len(_COLOUR)))](picture, rng)
    if rng.random() < 0.04:
        picture = colour.inverted(picture, rng)
    if rng.random() < 0.5:
        picture = _added(picture, rng, others)
    for _ in range(int(rng.choice((0, 1, 2), p=(0.45, 0.45, 0.1)))):
        picture = _GRAIN[int(rng.integers(len(_GRAIN)))](picture, rng)
    return picture


def _added(picture: Picture, rng: Generator, others: Sequence[Picture]) -> Picture:
    kind = rng.random()
    drawn = next(layout_of for below, layout_of in _LAYOUTS if kind < below)
    return drawn(picture, rng, others)


def squared(picture: Picture, side: int) -> Picture:
    """Resized to side × side pixels, whatever its shape, as the run-time does it."""
    height, width = picture.shape[:2]
    how = cv2.INTER_AREA if height >= side and width >= side else cv2.INTER_LINEAR
    return np.ascontiguousarray(cv2.resize(picture, (side, side), interpolation=how), dtype=np.uint8)
