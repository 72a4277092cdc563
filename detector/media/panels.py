"""The pictures within a picture that plain lines set apart: in a frame, a screenshot, a collage with gaps.

The page is cut where lines of one colour run across it, then each piece the other way (the XY-cut of Nagy and
Seth, "Hierarchical representation of optically scanned documents", ICPR 1984).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 3
_FAR = 10
"""Levels of grey by which a pixel of a plain line may be off its colour (JPEG at a low quality)."""
_ODD_SHARE = 0.03
"""Share of a plain line that may be off: rounded corners, a speck."""
_SAME = 2.0
"""Levels by which lines of the ground differ."""
_LEAST_GAP = 2
"""Lines between two pieces; a border may be one line."""
_LEAST_SHARE = 0.2
_LEAST_AREA = 0.09
"""A panel has at least these shares of the longer side and of the area; smaller ones are words and icons."""
_SIDE = 320
"""Lines looked at a side; of a larger picture every second, every third: panels are off by as little."""
_DEEPEST = 4

_Pixels = NDArray[np.uint8]
_Seen = NDArray[np.int16]
_Box = tuple[int, int, int, int]


def panels(pixels: _Pixels) -> list[_Pixels]:
    """The parts of uint8 pixels (height, width, 3) that plain lines set apart, at most MOST, largest first.

    None where nothing is set apart: the picture as a whole is no panel of itself.
    """
    step = -(-max(pixels.shape[:2]) // _SIDE)
    red, green, blue = pixels[::step, ::step].astype(np.int16).transpose(2, 0, 1)
    seen = (red + 2 * green + blue) // 4
    height, width = seen.shape[:2]
    whole = (0, height, 0, width)
    ground = _ground(seen)
    pieces = [] if ground is None else _pieces(seen, whole, ground, _DEEPEST)
    found = [box for box in pieces if box != whole and _is_large(box, height, width)]
    largest = sorted(found, key=lambda box: (-_area(box), box))[:MOST]
    return [pixels[step * a : step * b, step * c : step * d] for a, b, c, d in largest]


def _ground(seen: _Seen) -> int | None:
    """The colour of most plain lines, along and across: the page's; None where there are none."""
    levels = [colour[plain] for colour, plain in map(_lines, (seen, np.ascontiguousarray(seen.T)))]
    found = np.rint(np.concatenate(levels)).astype(np.int64)
    return int(np.bincount(found).argmax()) if found.size else None


def _pieces(seen: _Seen, box: _Box, ground: int, depth: int) -> list[_Box]:
    """What a box falls into; itself where no line cuts it."""
    top, bottom, left, right = box
    if depth == 0:
        return [box]
    part = seen[top:bottom, left:right]
    boxes = [(top + a, top + b, left, right) for a, b in _runs(part, ground)]
    if boxes == [box]:
        boxes = [(top, bottom, left + a, left + b) for a, b in _runs(np.ascontiguousarray(part.T), ground)]
    if boxes == [box]:
        return [box]
    return [piece for each in boxes for piece in _pieces(seen, each, ground, depth - 1)]


def _runs(lines: _Seen, ground: int) -> list[tuple[int, int]]:
    """First and one past the last of every run of lines (axis 0) that the ground parts from the next."""
    colour, plain = _lines(lines)
    busy = np.flatnonzero(~plain | (np.abs(colour - ground) > _SAME))
    if not busy.size:
        return []
    gaps = np.flatnonzero(np.diff(busy) > _LEAST_GAP)
    firsts = [int(busy[0]), *(int(busy[gap + 1]) for gap in gaps)]
    lasts = [*(int(busy[gap]) for gap in gaps), int(busy[-1])]
    return [(first, last + 1) for first, last in zip(firsts, lasts, strict=True)]


def _lines(lines: _Seen) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_]]:
    """Each line's mean level, and whether it has one colour but for a few pixels."""
    # The median's stand-in, and far quicker: few pixels off move a mean by few levels.
    colour = lines.mean(axis=1)
    odd = np.abs(lines - colour.astype(np.int16)[:, None]) > _FAR
    return colour, odd.mean(axis=1) <= _ODD_SHARE


def _is_large(box: _Box, height: int, width: int) -> bool:
    top, bottom, left, right = box
    least = _LEAST_SHARE * max(height, width)
    return min(bottom - top, right - left) >= least and _area(box) >= _LEAST_AREA * height * width


def _area(box: _Box) -> int:
    top, bottom, left, right = box
    return (bottom - top) * (right - left)
