"""Sketches of vectors by which what is near a question is told from most that is not, 48 bytes a vector.

Each of 384 bits says on which side of a random plane through the origin a vector lies. Two vectors at an
angle of t differ in a share of t/pi of them, give or take (Charikar, "Similarity estimation techniques from
rounding algorithms", STOC 2002). So a row whose sketch differs by more than limit(radius) lies beyond the
radius, but for three in a million; within small radii that is nearly every row, read in an eighth of the
memory that a byte a dimension takes.
"""

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.index.segment import blocks, create

BITS = 384
FARTHEST = 0.25
"""Radii beyond this let too many rows pass: a random row's sketch differs by little more."""
_SEED = 20261125
_DEVIATIONS = 4.5
Floats = NDArray[np.float32]


@lru_cache(maxsize=8)
def _planes(width: int) -> Floats:
    return np.random.default_rng(_SEED).normal(size=(width, BITS)).astype(np.float32)


def sketches(vectors: Floats) -> NDArray[np.uint64]:
    """Those of vectors (n, dimensions), uint64 (n, BITS / 64)."""
    sides = vectors @ _planes(vectors.shape[1]) > 0
    return np.packbits(sides, axis=1).view(np.uint64)


def limit(radius: float) -> int:
    """By how many bits the sketches of two vectors within a cosine distance of `radius` differ at most."""
    share = math.acos(max(-1.0, min(1.0, 1 - radius))) / math.pi
    spread = math.sqrt(share * (1 - share) / BITS)
    return min(BITS, math.ceil(BITS * (share + _DEVIATIONS * spread)))


def write_sketches(folder: Path, places: NDArray[np.int64], lists: int) -> None:
    """Write those of folder/rows.npy list by list: `places` says the list of each row.

    sketches.npy holds them, listed.npy (uint32) the row of each, bounds.npy (int64, lists + 1) where each
    list begins.
    """
    rows: NDArray[Any] = np.asarray(np.load(folder / "rows.npy", mmap_mode="r"))
    number = len(rows)
    listed = create(folder, "listed", np.uint32, (number,))
    listed[:] = np.argsort(places, kind="stable")
    position = np.empty(number, dtype=np.uint32)
    position[listed] = np.arange(number, dtype=np.uint32)
    bounds = create(folder, "bounds", np.int64, (lists + 1,))
    bounds[1:] = np.cumsum(np.bincount(places, minlength=lists))
    held = create(folder, "sketches", np.uint64, (number, BITS // 64))
    for part in blocks(number):
        held[position[part]] = sketches(np.ascontiguousarray(rows[part], dtype=np.float32))
