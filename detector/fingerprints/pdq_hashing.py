"""PDQ as pdqhash computes it, in a tenth of the time: its filters and its sampling are one matrix a side.

PDQ takes a picture's luma, averages it twice over a small window along rows and columns (Jarosz, "Fast Image
Convolutions", 2001), samples 64 x 64 values, and of their cosine transform keeps 16 x 16 signs ("PDQ and
TMK+PDQF", 2019). All but the signs is linear, so 64 weighted sums of rows and of columns give the samples.
pdqhash is the oracle in the tests.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIDE, _KEPT = 64, 16
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_SHORTEST = 64
"""Pixels a side; of fewer, several coefficients are equal but for rounding, which is then pdqhash's own."""
_LONGEST = 16_384
"""Pixels a side; weights for longer ones would take more memory than they save time."""
_BAND = 64

Views = NDArray[np.uint8]


def dihedral(pixels: NDArray[np.uint8]) -> tuple[Views, int]:
    """The hashes of uint8 pixels (height, width, 3), and PDQ's quality, 0 to 100.

    The hashes are bits, uint8 of shape (8, 256): as it is, turned by 90, 180 and 270 degrees, mirrored upside
    down and left to right, and across both diagonals.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SHORTEST or max(height, width) > _LONGEST:
        return _by_pdqhash(pixels)
    samples = _samples(pixels)
    return _views(_COSINES @ samples @ _COSINES.T), _quality(samples)


def _by_pdqhash(pixels: NDArray[np.uint8]) -> tuple[Views, int]:
    import pdqhash

    views, quality = pdqhash.compute_dihedral(np.ascontiguousarray(pixels))
    return np.asarray(views, dtype=np.uint8), int(quality)


def _samples(pixels: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
    height, width = pixels.shape[:2]
    rows, columns = _weights(height), _weights(width)
    lines = np.zeros((_SIDE, width), dtype=np.float32)
    for top in range(0, height, _BAND):
        # A band at a time, which stays in the processor's cache, and only the samples that it is part of.
        band = pixels[top : top + _BAND].reshape(-1, 3).astype(np.float32) @ _LUMA
        weights = rows[:, top : top + _BAND]
        touched = np.flatnonzero(weights.any(axis=1))
        if len(touched):
            part = slice(touched[0], touched[-1] + 1)
            lines[part] += weights[part] @ band.reshape(-1, width)
    samples: NDArray[np.floating[Any]] = lines @ columns.T
    return samples


@lru_cache(maxsize=16)
def _weights(length: int) -> NDArray[np.floating[Any]]:
    """What each of the 64 samples is made of along a side of so many pixels: float32 (64, length)."""
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    ahead = (window + 2) // 2
    first = np.arange(length) - (window - ahead)
    ends = np.minimum(np.arange(length) + ahead, length)
    starts = np.maximum(first, 0)
    share = 1.0 / (ends - starts)
    weights = np.zeros((_SIDE, length))
    for sample in range(_SIDE):
        place = int((sample + 0.5) * length / _SIDE)
        for middle in range(starts[place], ends[place]):
            weights[sample, starts[middle] : ends[middle]] += share[place] * share[middle]
    return weights.astype(np.float32)


def _cosines() -> NDArray[np.floating[Any]]:
    row, column = np.arange(1, _KEPT + 1)[:, None], 2 * np.arange(_SIDE)[None, :] + 1
    return np.asarray(np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * row * column), dtype=np.float32)


_COSINES = _cosines()


def _quality(samples: NDArray[np.floating[Any]]) -> int:
    """Steps between neighbouring samples, in whole hundredths of full contrast, added up and scaled."""
    steps = sum(int(np.abs(np.trunc(np.diff(samples, axis=axis) * 100 / 255)).sum()) for axis in (0, 1))
    return min(100, steps // 90)


def _views(kept: NDArray[np.floating[Any]]) -> Views:
    """The signs of all eight views: turning a picture transposes its cosine transform or flips signs."""
    odd = (-1.0) ** (np.arange(_KEPT) + 1)
    down, across = odd[:, None], odd[None, :]
    turned: list[NDArray[Any]] = [
        kept,
        kept.T * down,
        kept * down * across,
        kept.T * across,
        kept * down,
        kept * across,
        kept.T,
        kept.T * down * across,
    ]
    middle = [np.sort(view, axis=None)[_KEPT * _KEPT // 2 - 1] for view in turned]
    # pdqhash counts bits from the last.
    return np.stack([(v > m).astype(np.uint8).ravel()[::-1] for v, m in zip(turned, middle, strict=True)])
