"""Keys with a number beside each: sorted in files that are mapped at start and not read, what is newer in a
dictionary.

When the dictionary has grown to a share of the sorted pairs, a thread of its own merges it into them, in new
files (two levels of a log-structured merge tree; O'Neil et al. 1996). A snapshot links those files, and
writes only what is newer.
"""

import logging
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detector.errors import SnapshotInvalid
from detector.index.merges import MergesApart
from detector.index.segment import mapped
from detector.index.workplace import Workplace

logger = logging.getLogger(__name__)

K = TypeVar("K", bound=int | bytes)
FEWEST_MERGED = 65_536
"""Newer pairs, and removed items, that are merged at the earliest; later a share of the sorted ones."""
_SHARE = 64
_SORTED, _KEYS, _VALUES = "sorted", "keys", "values"
_NEW_KEYS, _NEW_VALUES, _REMOVED = "newer-keys", "newer-values", "removed"


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Pairs that never change, ascending by key; those of one key in the order they were added."""

    keys: NDArray[Any]
    values: NDArray[Any]
    folder: Path | None = None

    def of(self, key: int | bytes, asked: Any) -> list[int]:
        """The numbers beside `key`; `asked` is the same as the array holds it."""
        first, item = int(self.keys.searchsorted(asked)), self.keys.item
        if first == len(self.keys) or item(first) != key:
            return []
        if first + 1 == len(self.keys) or item(first + 1) != key:
            return [self.values.item(first)]
        found: list[int] = self.values[first : self.keys.searchsorted(asked, "right")].tolist()
        return found


class SortedPairs(MergesApart, Generic[K]):
    """Pairs of a key (an integer, or bytes of one width) and a number that is not negative.

    One of the two is an item's number, `by_key` says which; an item has one pair. Safe to share between
    threads.
    """

    def __init__(
        self, keys: DTypeLike, values: DTypeLike, *, by_key: bool, place: Path | None = None
    ) -> None:
        """The types of both in the files, which are kept below `place`, as Workplace says."""
        super().__init__()
        self._key_type: np.dtype[Any] = np.dtype(keys)
        self._value_type: np.dtype[Any] = np.dtype(values)
        self._by_key = by_key
        self._work = Workplace(place)
        self._version = 0
        self._start(self._none(), {}, set())

    def _none(self) -> _Sorted:
        return _Sorted(np.empty(0, self._key_type), np.empty(0, self._value_type))

    def _start(self, base: _Sorted, newer: dict[K, list[int]], removed: set[int]) -> None:
        self._sorted = base
        self._frozen: dict[K, list[int]] = {}
        self._newer: dict[K, list[int]] = newer
        self.removed = removed
        self._waiting, self._held = _size(newer), 0
        self._most = self._due(base)

    @staticmethod
    def _due(base: _Sorted) -> int:
        return max(FEWEST_MERGED, len(base.keys) // _SHARE)

    def __len__(self) -> int:
        """Pairs held, those of removed items that no merge has dropped yet included."""
        with self._lock:
            return len(self._sorted.keys) + self._held + self._waiting

    def add(self, key: K, value: int) -> None:
        """Keep one more pair; the item was never removed."""
        with self._lock:
            self._newer.setdefault(key, []).append(value)
            self._waiting += 1
            self._merge_when_due()

    def remove(self, items: Collection[int]) -> None:
        """Forget these items for good; unknown ones are ignored."""
        with self._lock:
            self.removed.update(items)
            self._merge_when_due()

    def find(self, key: K) -> list[int]:
        """The numbers beside `key`, in the order added."""
        asked: Any = key if isinstance(key, int) else self._column([key])[0]
        removed, newer, frozen, base = self._levels()
        if self._by_key and key in removed:
            return []
        found = [*base.of(key, asked), *frozen.get(key, ()), *newer.get(key, ())]
        return found if self._by_key or not removed else [each for each in found if each not in removed]

    def each(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number beside each of these keys, that were added once; -1 where there is none."""
        removed, newer, frozen, base = self._levels()
        found = np.full(len(keys), -1, np.int64)
        if len(base.keys):
            places = np.minimum(base.keys.searchsorted(keys), len(base.keys) - 1)
            equal = base.keys[places] == keys
            found[equal] = base.values[places[equal]]
        asked: list[Any] = keys.tolist()
        for place in np.flatnonzero(found < 0):
            found[place] = (newer.get(asked[place]) or frozen.get(asked[place]) or (-1,))[0]
        if removed:
            found[[key in removed for key in asked]] = -1
        return found

    def _levels(self) -> tuple[set[int], dict[K, list[int]], dict[K, list[int]], _Sorted]:
        with self._lock:
            return self.removed, self._newer, self._frozen, self._sorted

    def _column(self, keys: Sequence[K]) -> NDArray[Any]:
        if self._key_type.kind == "V":
            return np.frombuffer(b"".join(keys), self._key_type)  # type: ignore[arg-type]
        return np.array(keys, self._key_type)

    def _columns(self, pairs: Sequence[tuple[K, int]]) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._column([key for key, _ in pairs]), np.array(
            [value for _, value in pairs], self._value_type
        )

    def _merge_when_due(self) -> None:
        due = self._waiting >= self._most or len(self.removed) >= self._most
        if due and self._merging is None:
            # What a merge that failed left behind comes first.
            frozen = {key: [*values] for key, values in self._frozen.items()}
            for key, value in _pairs(self._newer):
                frozen.setdefault(key, []).append(value)
            self._frozen, self._held = frozen, self._held + self._waiting
            self._newer, self._waiting = {}, 0
            self._merging = threading.Thread(
                target=self._merge,
                args=(self._sorted, frozen, set(self.removed), self._version),
                name="pairs-merge",
                daemon=True,
            )
            self._merging.start()

    def _merge(self, base: _Sorted, frozen: dict[K, list[int]], removed: set[int], version: int) -> None:
        merged: _Sorted | None = None
        try:
            merged = self._merged(base, frozen, removed)
        except Exception:
            # The frozen pairs stay where they are found, and join the next merge.
            logger.exception("index: merging %d pairs failed", len(base.keys) + _size(frozen))
        with self._lock:
            if version == self._version and merged is not None:
                self._sorted, self._most = merged, self._due(merged)
                self._frozen, self._held = {}, 0
                self.removed = self.removed - removed
                if base.folder is not None:
                    # Whoever still reads it has it mapped.
                    shutil.rmtree(base.folder, ignore_errors=True)
            elif version == self._version:
                self._most = 2 * max(self._held, len(self.removed))
            elif merged is not None and merged.folder is not None:
                shutil.rmtree(merged.folder, ignore_errors=True)
            self._merging = None
            self._merge_when_due()

    def _merged(self, base: _Sorted, frozen: dict[K, list[int]], removed: set[int]) -> _Sorted:
        """All of these in new files, without what was removed."""
        keys, values = self._columns([pair for pair in _pairs(frozen) if self._item(*pair) not in removed])
        order = np.argsort(keys, kind="stable")
        old, old_values = base.keys, base.values
        if removed:
            gone = np.fromiter(removed, np.int64)
            kept = ~np.isin(old if self._by_key else old_values, gone)
            old, old_values = old[kept], old_values[kept]
        places = old.searchsorted(keys[order], "right")
        folder = self._work.folder()
        try:
            np.save(folder / f"{_KEYS}.npy", np.insert(old, places, keys[order]))
            np.save(folder / f"{_VALUES}.npy", np.insert(old_values, places, values[order]))
            return self._opened(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _item(self, key: K, value: int) -> int:
        return int(key) if self._by_key else value

    def _opened(self, folder: Path) -> _Sorted:
        keys = mapped(folder, _KEYS, self._key_type, (None,))
        return _Sorted(keys, mapped(folder, _VALUES, self._value_type, (len(keys),)), folder)

    def save(self, path: Path) -> None:
        """Write everything into the new folder `path`; the sorted pairs' files are shared by links.

        Of items removed since the last merge nothing is written but what those files hold.
        """
        path.mkdir()
        with self._lock:
            newer = [*_pairs(self._frozen), *_pairs(self._newer)]
            kept = [pair for pair in newer if self._item(*pair) not in self.removed]
            removed = self.removed.difference(self._item(*pair) for pair in newer)
            if self._sorted.folder is not None:
                self._work.link(self._sorted.folder, path / _SORTED)
            else:
                removed = set()
        for name, column in zip((_NEW_KEYS, _NEW_VALUES), self._columns(kept), strict=True):
            np.save(path / f"{name}.npy", column)
        np.save(path / f"{_REMOVED}.npy", np.array(sorted(removed), np.int64))

    def load(self, path: Path) -> None:
        """Replace the content by what save() wrote, the sorted pairs mapped. Raises SnapshotInvalid."""
        base = self._none()
        if (path / _SORTED).is_dir():
            folder = self._work.folder()
            try:
                self._work.link(path / _SORTED, folder)
            except (OSError, shutil.Error) as error:
                raise SnapshotInvalid(f"The index {path.name} cannot be read.") from error
            base = self._opened(folder)
        keys = mapped(path, _NEW_KEYS, self._key_type, (None,))
        values = mapped(path, _NEW_VALUES, self._value_type, (len(keys),))
        removed = mapped(path, _REMOVED, np.int64, (None,))
        newer: dict[K, list[int]] = {}
        for key, value in zip(keys.tolist(), values.tolist(), strict=True):
            newer.setdefault(key, []).append(value)
        with self._lock:
            self._version += 1
            self._start(base, newer, set(removed.tolist()))


def _pairs(held: dict[K, list[int]]) -> Iterator[tuple[K, int]]:
    return ((key, value) for key, values in held.items() for value in values)


def _size(held: dict[K, list[int]]) -> int:
    return sum(map(len, held.values()))
