"""A column of numbers that only grows: mapped at start and not read, a list for what is newer."""

from bisect import bisect_right
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.index.segment import mapped


class Column:
    """Numbers of 64 bits by their rows, from 0. Not safe to change and read at once."""

    def __init__(self, *numbers: int) -> None:
        """Beginning with these."""
        self._old: NDArray[np.int64] = np.empty(0, np.int64)
        self._new = list(numbers)

    def __len__(self) -> int:
        return len(self._old) + len(self._new)

    def append(self, number: int) -> None:
        """One more row."""
        self._new.append(number)

    def at(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers in these rows, all of which there are."""
        found = np.empty(len(rows), np.int64)
        old = rows < len(self._old)
        found[old] = self._old[rows[old]]
        found[~old] = [self._new[row] for row in (rows[~old] - len(self._old)).tolist()]
        return found

    def rows_of(self, numbers: Collection[int]) -> NDArray[np.int64]:
        """The rows that hold one of these."""
        wanted = np.array([*numbers], np.int64)
        held = (self._old, np.array(self._new, np.int64))
        return np.flatnonzero(np.concatenate([np.isin(part, wanted) for part in held]))

    def rows_before(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many rows hold no more than each of these numbers; the rows are ascending."""
        found: NDArray[np.int64] = self._old.searchsorted(numbers, "right")
        if self._new:
            newer = numbers >= self._new[0]
            asked = numbers[newer].tolist()
            found[newer] = [len(self._old) + bisect_right(self._new, number) for number in asked]
        return found

    def save(self, folder: Path, name: str) -> None:
        """Write all rows to folder/name.npy."""
        np.save(folder / f"{name}.npy", np.concatenate([self._old, np.array(self._new, np.int64)]))

    def load(self, folder: Path, name: str) -> None:
        """Replace the content by what save() wrote, mapped. Raises SnapshotInvalid."""
        self._old, self._new = mapped(folder, name, np.int64, (None,)), []
