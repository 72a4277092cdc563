"""A segment: rows that never change, in the files of one folder, mapped into memory and not read at start."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid

BLOCK = 65_536
"""Rows copied or encoded at once."""


@dataclass(frozen=True, slots=True)
class Near:
    """The hits of one query: distances, ids and row numbers, nearest first, then by id."""

    distances: NDArray[Any]
    ids: NDArray[np.int64]


class Segment(Protocol):
    """Searchable rows under ascending ids. Safe to search from many threads at once."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """The id of every row, ascending."""

    @property
    def rows(self) -> NDArray[Any]:
        """Every row as it was added (vectors in half precision), mapped."""

    @property
    def folder(self) -> Path:
        """Where the files are."""

    def search(self, queries: NDArray[Any], k: int, radius: float, dead: NDArray[np.uint8]) -> list[Near]:
        """For each query the at most `k` nearest within `radius`; `dead` is a bitmap of rows to leave out,
        lowest bit first, empty where there are none."""


def mapped(folder: Path, name: str, kind: Any, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """The array in folder/name.npy, mapped. Raises SnapshotInvalid where it is not of that type and shape.

    Mapped copy-on-write: the file is never written, and compiled code sees the same type as for any array.
    """
    try:
        held = np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SnapshotInvalid(f"The index file {name}.npy cannot be read.") from error
    fits = len(held.shape) == len(shape) and all(
        want is None or want == have for want, have in zip(shape, held.shape, strict=True)
    )
    if held.dtype != kind or not fits:
        raise SnapshotInvalid(f"The index file {name}.npy is of another shape.")
    return np.asarray(held)


def create(folder: Path, name: str, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """A new array in folder/name.npy to be filled."""
    held: NDArray[Any] = np.lib.format.open_memmap(
        folder / f"{name}.npy", mode="w+", dtype=np.dtype(kind), shape=shape
    )
    return held


def blocks(number: int) -> Iterator[slice]:
    """Slices that cover `number` rows in order."""
    for first in range(0, number, BLOCK):
        yield slice(first, min(number, first + BLOCK))
