"""Borders of one colour taken off: letterboxes, cards, white margins."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FAR = 28
"""Levels of grey by which a pixel of a border may be off its colour (JPEG at a low quality)."""
_ODD_SHARE = 0.03
"""Share of a border's line that may be off: rounded corners, a speck."""
_BAND = 8
_LEAST_KEPT = 0.3
"""What is left has at least this share of either side; else the picture is plain, not bordered."""


def trimmed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """uint8 pixels (height, width, 3) without their borders; None where there are none.

    A border is a run of lines at an edge that have the colour of that edge's outermost line.
    """
    left, right = _inside(pixels.transpose(1, 0, 2))
    top, bottom = _inside(pixels[:, left:right])
    left, right = _inside(pixels[top:bottom].transpose(1, 0, 2))
    height, width = pixels.shape[:2]
    if (bottom - top, right - left) == (height, width):
        return None
    if bottom - top < max(2, _LEAST_KEPT * height) or right - left < max(2, _LEAST_KEPT * width):
        return None
    return pixels[top:bottom, left:right]


def _inside(lines: NDArray[np.uint8]) -> tuple[int, int]:
    """First and one past the last line (axis 0) that is not border."""
    first = _run(lines)
    if first >= len(lines):
        return 0, len(lines)
    return first, len(lines) - _run(lines[::-1])


def _run(lines: NDArray[np.uint8]) -> int:
    """How many first lines have the first one's colour; read no further than that takes."""
    step = max(1, lines.shape[1] // 256)
    colour: Any = np.median(lines[0, ::step].astype(np.int16), axis=0).astype(np.int16)
    for start in range(0, len(lines), _BAND):
        seen = lines[start : start + _BAND, ::step].astype(np.int16)
        odd = (np.abs(seen - colour).max(axis=2) > _FAR).mean(axis=1)
        plain = odd <= _ODD_SHARE
        if not plain.all():
            return start + int(np.argmin(plain))
    return len(lines)
