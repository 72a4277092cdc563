"""One item, several vectors: tiles of a picture, frames of a video. Each gets an id of its own."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class PartIds:
    """Id = item × 2**bits + part. An item has at most 2**bits parts (`most`); item numbers stay below
    2**(63 - bits). To forget an item, remove `of_items` from the index: ids that it never had do no harm."""

    bits: int = 16

    @property
    def most(self) -> int:
        """How many parts an item can have."""
        return 1 << self.bits

    def ids(self, items: ArrayLike, parts: ArrayLike) -> NDArray[np.int64]:
        """The ids of these parts of these items, pair by pair. Raises ValueError where one is out of
        range."""
        numbers, places = np.asarray(items, dtype=np.int64), np.asarray(parts, dtype=np.int64)
        if places.size and not 0 <= places.min() <= places.max() < self.most:
            raise ValueError(f"A part's number must be from 0 to {self.most - 1}.")
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < 1 << (63 - self.bits):
            raise ValueError(f"An item's number must be from 0 to 2^{63 - self.bits} - 1.")
        return (numbers << self.bits) | places

    def split(self, ids: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The items and the parts that these ids stand for."""
        held = np.asarray(ids, dtype=np.int64)
        return held >> self.bits, held & (self.most - 1)

    def of_items(self, items: Collection[int], parts: int | None = None) -> NDArray[np.int64]:
        """All ids that these items can have, or those of their first `parts` parts."""
        many = self.most if parts is None else parts
        numbers = np.repeat(np.array(sorted(items), dtype=np.int64), many)
        return self.ids(numbers, np.tile(np.arange(many), len(items)))
