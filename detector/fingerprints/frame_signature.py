"""The frame signature of MPEG-7 (ISO/IEC 15938-3:2002/Amd 4:2010), of which ISO 24138 makes its Video-Code.

380 values of a frame's brightness: where it is higher here than there, lower, or about the same. Computed in
whole numbers, as the standard's values hang on exact ties: over flat parts of a picture most of them are.
"""

from dataclasses import dataclass
from functools import cache
from math import lcm

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.signature_layout import SIDE, Group, Rectangle, groups

ELEMENTS = 380

_GREY = 128
_THRESHOLD = 0.333
"""The share of a group's elements that are at most "about the same"."""
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class _Weights:
    """`cells` (1024, elements) makes the elements of one group of the cells, each multiplied by `factor`."""

    cells: NDArray[np.int64]
    factor: int
    is_mean: bool


@cache
def _weights() -> tuple[_Weights, ...]:
    return tuple(map(_weights_of, groups()))


def _weights_of(group: Group) -> _Weights:
    sides = [side for element in group for side in (element.more, element.less) if side]
    factor = lcm(*map(_area, sides))
    cells = np.zeros((len(group), SIDE, SIDE), dtype=np.int64)
    for row, element in zip(cells, group, strict=True):
        for side, sign in ((element.more, 1), (element.less, -1)):
            for left, top, width, height in side:
                row[top : top + height, left : left + width] += sign * (factor // _area(side))
    return _Weights(cells.reshape(len(group), -1).T.copy(), factor, not group[0].less)


def _area(side: tuple[Rectangle, ...]) -> int:
    return sum(width * height for _, _, width, height in side)


def frame_signature(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """380 values 0, 1 or 2 of a frame's brightness, uint8 of shape (height, width), of any size from 1 x 1.

    Sides of more than 8,192 pixels are thinned to below that first, and those under 32 repeated to 32 cells.
    """
    cells, scale = _cells(luma)
    found = []
    for weights in _weights():
        if 255 * scale * weights.factor < _LARGEST:
            elements = cells @ weights.cells
            grey = _GREY * scale * weights.factor
        else:
            elements = (cells.astype(np.float64) @ weights.cells / weights.factor).astype(np.int64)
            grey = _GREY * scale
        found.append(_ternary(elements - grey if weights.is_mean else elements))
    return np.concatenate(found)


def _ternary(elements: NDArray[np.int64]) -> NDArray[np.uint8]:
    sizes = np.abs(elements)
    threshold = np.sort(sizes)[int(len(sizes) * _THRESHOLD)]
    ternary: NDArray[np.uint8] = (1 + np.sign(elements) * (sizes > threshold)).astype(np.uint8)
    return ternary


def _cells(luma: NDArray[np.uint8]) -> tuple[NDArray[np.int64], int]:
    """The mean of each of the 1,024 cells, all multiplied by the same whole number, and that number."""
    luma = luma[:: -(-luma.shape[0] // 8192), :: -(-luma.shape[1] // 8192)]
    for axis in (0, 1):
        if luma.shape[axis] < SIDE:
            luma = luma.take(np.arange(SIDE) * luma.shape[axis] // SIDE, axis=axis)
    (rows, tall), (columns, wide) = (_cuts(length) for length in luma.shape)
    sums = np.add.reduceat(luma, rows, axis=0, dtype=np.uint32)
    sums = np.add.reduceat(sums, columns, axis=1, dtype=np.int64)
    scale_y, scale_x = lcm(*map(int, set(tall.tolist()))), lcm(*map(int, set(wide.tolist())))
    return (sums * np.outer(scale_y // tall, scale_x // wide)).ravel(), scale_y * scale_x


def _cuts(length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each of the 32 cells begins along one side, and how many pixels each has."""
    ends = -(-np.arange(SIDE + 1, dtype=np.int64) * length // SIDE)
    return ends[:-1], np.diff(ends)
