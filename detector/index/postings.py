"""Where a key occurs: keys to (item, place) in sorted arrays, for fingerprints with many keys an item.

Sorted segments are merged as they grow alike (O'Neil et al., "The Log-Structured Merge-Tree", 1996): an item
is found at once, and a key is looked up in a handful of segments. Twelve bytes an entry.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.index.column import Column
from detector.index.segment import mapped

Words = NDArray[np.uint32]
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
_COLUMNS, _ITEMS = ("keys", "slots", "places"), "items"


@dataclass(frozen=True, slots=True)
class _Segment:
    """Entries sorted by key; `slots` are places in the list of items."""

    keys: Words
    slots: Words
    places: Words

    def __len__(self) -> int:
        return len(self.keys)

    def ordered(self, kept: NDArray[np.bool_]) -> "_Segment":
        """These entries alone, sorted."""
        order = np.flatnonzero(kept)[np.argsort(self.keys[kept], kind="stable")]
        return _Segment(self.keys[order], self.slots[order], self.places[order])


class PostingsIndex:
    """Entries of 32-bit keys. Not safe to change and search at once: the caller holds a lock."""

    def __init__(self) -> None:
        self._segments: list[_Segment] = []
        self._items = Column()
        self._gone: set[int] = set()

    def __len__(self) -> int:
        """Entries held, those of removed items that no merge has dropped yet included."""
        return sum(len(segment) for segment in self._segments)

    def add(self, item: int, keys: Words, places: NDArray[np.int64]) -> None:
        """Note that `item`, a number never used before, holds each key at its place (0 to 2^32 - 1)."""
        if not len(keys):
            return
        slots = np.full(len(keys), len(self._items), dtype=np.uint32)
        self._items.append(item)
        fresh = _Segment(keys.astype(np.uint32), slots, places.astype(np.uint32))
        self._segments.append(fresh.ordered(np.ones(len(keys), dtype=bool)))
        while len(self._segments) > 1 and len(self._segments[-2]) < 2 * len(self._segments[-1]):
            self._segments[-2:] = [self._merged(self._segments[-2:])]

    def _merged(self, segments: list[_Segment]) -> _Segment:
        """All of these in one, without what was removed."""
        if not segments:
            none = np.zeros(0, dtype=np.uint32)
            return _Segment(none, none, none)
        joined = _Segment(
            np.concatenate([segment.keys for segment in segments]),
            np.concatenate([segment.slots for segment in segments]),
            np.concatenate([segment.places for segment in segments]),
        )
        return joined.ordered(~np.isin(joined.slots, list(self._gone)))

    def remove(self, items: Collection[int]) -> None:
        """Forget these items for good; unknown ones are ignored."""
        self._gone.update(self._items.rows_of(items).tolist())

    def find(self, keys: Words, most: int) -> Found:
        """(number of the asked key, item, place) of every entry with one of `keys`.

        A key with more than `most` entries in a segment tells nothing, and gives none.
        """
        numbers, slots, places = [], [], []
        for segment in self._segments:
            first = np.searchsorted(segment.keys, keys, side="left")
            count = np.searchsorted(segment.keys, keys, side="right") - first
            count[count > most] = 0
            asked = np.repeat(np.arange(len(keys)), count)
            at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(asked))
            numbers.append(asked)
            slots.append(segment.slots[at])
            places.append(segment.places[at])
        if not numbers:
            none = np.zeros(0, dtype=np.int64)
            return none, none, none
        number, slot, place = (np.concatenate(each).astype(np.int64) for each in (numbers, slots, places))
        # A mapped file that was altered may name any slot until it is read to its end.
        kept = (slot < len(self._items)) & ~np.isin(slot, list(self._gone))
        return number[kept], self._items.at(slot[kept]), place[kept]

    def save(self, path: Path) -> None:
        """Write everything into the new folder `path`, without what was removed."""
        path.mkdir()
        every = self._merged(self._segments)
        for name in _COLUMNS:
            np.save(path / f"{name}.npy", getattr(every, name))
        self._items.save(path, _ITEMS)

    def load(self, path: Path) -> None:
        """Replace the content by what save() wrote, mapped. Raises SnapshotInvalid."""
        keys = mapped(path, _COLUMNS[0], np.uint32, (None,))
        every = _Segment(keys, *(mapped(path, name, np.uint32, keys.shape) for name in _COLUMNS[1:]))
        self._items.load(path, _ITEMS)
        self._segments = [every] if len(every) else []
        self._gone = set()
