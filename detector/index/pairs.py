"""Keys with a number beside each: sorted in files that are mapped at start and not read, what is newer in a
dictionary.

When the dictionary has grown to a share of the sorted pairs it is merged into them, in new files (two levels
of a log-structured merge tree; O'Neil et al. 1996). A snapshot links those files, and writes only what is
newer.
"""

import logging
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detector.errors import SnapshotInvalid
from detector.index.segment import mapped
from detector.index.workplace import Workplace

logger = logging.getLogger(__name__)

K = TypeVar("K", int, bytes)
FEWEST_MERGED = 65_536
"""Newer pairs, and removed items, that are merged at the earliest; later a share of the sorted ones."""
_SHARE = 32
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


class SortedPairs(Generic[K]):
    """Pairs of a key (an integer, or bytes of one width) and a number that is not negative.

    One of the two is an item's number, `by_key` says which; an item has one pair. Not safe to change from two
    threads at once. Where no key is added twice, find() may go on meanwhile.
    """

    def __init__(
        self, keys: DTypeLike, values: DTypeLike, *, by_key: bool, place: Path | None = None
    ) -> None:
        """The types of both in the files, which are kept below `place`, as Workplace says."""
        self._key_type: np.dtype[Any] = np.dtype(keys)
        self._value_type: np.dtype[Any] = np.dtype(values)
        self._by_key = by_key
        self._work = Workplace(place)
        self._start(self._none(), {}, set())

    def _none(self) -> _Sorted:
        return _Sorted(np.empty(0, self._key_type), np.empty(0, self._value_type))

    def _start(self, base: _Sorted, newer: dict[K, list[int]], removed: set[int]) -> None:
        # In this order, and nothing changed in place: who reads meanwhile may find a pair twice, never none.
        self._sorted = base
        self._newer: dict[K, list[int]] = newer
        self.removed = removed
        self._waiting = sum(map(len, newer.values()))
        self._most = max(FEWEST_MERGED, len(base.keys) // _SHARE)

    def __len__(self) -> int:
        """Pairs held, those of removed items that no merge has dropped yet included."""
        return len(self._sorted.keys) + self._waiting

    def add(self, key: K, value: int) -> None:
        """Keep one more pair; the item was never removed."""
        self._newer.setdefault(key, []).append(value)
        self._waiting += 1
        self._merge_when_due()

    def remove(self, items: Collection[int]) -> None:
        """Forget these items for good; unknown ones are ignored."""
        self.removed.update(items)
        self._merge_when_due()

    def find(self, key: K) -> list[int]:
        """The numbers beside `key`, in the order added."""
        # In this order: see _start.
        removed = self.removed
        newer: Sequence[int] = self._newer.get(key, ())
        if self._by_key and key in removed:
            return []
        asked: Any = key if isinstance(key, int) else self._column([key])[0]
        found = [*self._sorted.of(key, asked), *newer]
        return found if self._by_key or not removed else [each for each in found if each not in removed]

    def each(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number beside each of these keys, that were added once; -1 where there is none."""
        found = np.full(len(keys), -1, np.int64)
        held = self._sorted.keys
        if len(held):
            places = np.minimum(held.searchsorted(keys), len(held) - 1)
            equal = held[places] == keys
            found[equal] = self._sorted.values[places[equal]]
        asked: list[Any] = keys.tolist()
        for place in np.flatnonzero(found < 0):
            found[place] = self._newer.get(asked[place], (-1,))[0]
        if self.removed:
            found[[key in self.removed for key in asked]] = -1
        return found

    def _column(self, keys: Sequence[K]) -> NDArray[Any]:
        if self._key_type.kind == "V":
            return np.frombuffer(b"".join(keys), self._key_type)  # type: ignore[arg-type]
        return np.array(keys, self._key_type)

    def _newer_pairs(self) -> tuple[NDArray[Any], NDArray[Any]]:
        keys = [key for key, values in self._newer.items() for _ in values]
        values = [value for held in self._newer.values() for value in held]
        return self._column(keys), np.array(values, self._value_type)

    def _prune(self) -> None:
        """Drop removed items from what is newer: their digests must not stay in files until a merge."""
        if not self.removed:
            return
        gone = set[int]()
        newer: dict[K, list[int]] = {}
        for key, values in self._newer.items():
            for value in values:
                item = key if self._by_key else value
                if item in self.removed:
                    gone.add(item)
                else:
                    newer.setdefault(key, []).append(value)
        self._start(self._sorted, newer, self.removed - gone if len(self._sorted.keys) else set())

    def _kept(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The sorted pairs without removed items."""
        keys, values = self._sorted.keys, self._sorted.values
        if not self.removed:
            return keys, values
        kept = ~np.isin(keys if self._by_key else values, np.fromiter(self.removed, np.int64))
        return keys[kept], values[kept]

    def _merge_when_due(self) -> None:
        if max(self._waiting, len(self.removed)) < self._most:
            return
        try:
            self._merge()
        except OSError:
            # As it was, all is found; the next try is not at once.
            logger.exception("index: merging %d pairs failed", len(self))
            self._most = 2 * max(self._waiting, len(self.removed))

    def _merge(self) -> None:
        self._prune()
        keys, values = self._newer_pairs()
        order = np.argsort(keys, kind="stable")
        old, old_values = self._kept()
        places = old.searchsorted(keys[order], "right")
        folder = self._work.folder()
        try:
            np.save(folder / f"{_KEYS}.npy", np.insert(old, places, keys[order]))
            np.save(folder / f"{_VALUES}.npy", np.insert(old_values, places, values[order]))
            merged = self._opened(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        gone = self._sorted.folder
        self._start(merged, {}, set())
        if gone is not None:
            # Whoever still reads it has it mapped.
            shutil.rmtree(gone, ignore_errors=True)

    def _opened(self, folder: Path) -> _Sorted:
        keys = mapped(folder, _KEYS, self._key_type, (None,))
        return _Sorted(keys, mapped(folder, _VALUES, self._value_type, (len(keys),)), folder)

    def save(self, path: Path) -> None:
        """Write everything into the new folder `path`; the sorted pairs' files are shared by links."""
        path.mkdir()
        if self._sorted.folder is not None:
            self._work.link(self._sorted.folder, path / _SORTED)
        self._prune()
        keys, values = self._newer_pairs()
        np.save(path / f"{_NEW_KEYS}.npy", keys)
        np.save(path / f"{_NEW_VALUES}.npy", values)
        np.save(path / f"{_REMOVED}.npy", np.array(sorted(self.removed), np.int64))

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
        self._start(base, newer, set(removed.tolist()))
