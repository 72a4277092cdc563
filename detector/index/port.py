"""The index port: ids and vectors in, nearest ids out. Exact and FAISS indexes implement it alike."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Metric(StrEnum):
    """How two values are compared: HAMMING in bits of packed codes, COSINE as 1 - cosine of unit vectors.

    EDIT is 1 - the share of letters that two texts have in common, in order; GEOMETRY is 1 - the probability
    that two pictures whose points agree so well are copies. No index measures these.
    """

    HAMMING = "hamming"
    COSINE = "cosine"
    EDIT = "edit"
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour; `distance` is in the index's metric."""

    id: int
    distance: float


class VectorIndex(Protocol):
    """Vectors under 64-bit ids. Binary codes are uint8 of shape (n, bits / 8), float vectors float32 (n, d).

    Not safe to change and search at once: the caller holds a lock.
    """

    def add(self, ids: NDArray[np.int64], vectors: NDArray[Any]) -> None:
        """Store vectors under ids not in the index yet."""

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget these ids; unknown ones are ignored."""

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[list[Hit]]:
        """For each query its at most `k` nearest ids no further than `radius`, nearest first, then by id."""

    def __len__(self) -> int:
        """How many vectors are stored."""

    def save(self, path: Path) -> None:
        """Write the whole index to `path` (not atomic: see snapshot)."""

    def load(self, path: Path) -> None:
        """Replace the content by what save() wrote. Raises SnapshotInvalid when it cannot be read."""


@runtime_checkable
class Paced(Protocol):
    """An index that may fall behind what is added."""

    def pace(self) -> None:
        """Wait until it is no longer far behind. For whoever adds very many at once, and holds no lock that a
        question needs."""
