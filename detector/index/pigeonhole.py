"""Exact search among binary codes without reading them all: whoever is near differs little in some word.

A code of 256 bits is 16 words of 16 bits. Word i may differ by `allowed[i]` bits, where the sum of all
(allowed + 1) is radius + 1. If two codes differ by at most `radius` bits, then some word differs by no more
than it is allowed (the pigeonhole principle), and going round from some such word every run of words stays
within what it is allowed (its strong form; Qin and Xiao, "Pigeonring", VLDB 2018). So each word has a table
of all codes sorted by it; a search looks into the buckets within `allowed[i]` flips of its own, reads only
the two words that follow there, and compares whole the few codes that pass. Nothing within the radius is ever
missed, at any radius.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.index.segment import Near, create, mapped

_BUCKETS = 65_536
_SCAN_SHARE = 0.5
"""Reading more than this many entries a row costs more than comparing every row."""


def allowances(radius: int, words: int) -> NDArray[np.int64]:
    """How many bits each word may differ by: the sum of (allowance + 1) is radius + 1. -1 is never."""
    each, rest = divmod(radius + 1, words)
    allowed = np.full(words, each - 1, dtype=np.int64)
    allowed[:rest] += 1
    return allowed


@lru_cache(maxsize=1)
def _masks() -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """All masks of at most 0, 1 … 16 bits, each list ascending and so along the memory; and the lists'
    bounds."""
    every = np.arange(_BUCKETS, dtype=np.uint32)
    bits = np.bitwise_count(every)
    lists = [every[bits <= most] for most in range(17)]
    bounds = np.cumsum([0, *(len(each) for each in lists)])
    return np.concatenate(lists).astype(np.uint16), bounds.astype(np.int64)


def write_tables(folder: Path) -> None:
    """Sort the codes in folder/rows.npy (n, bytes a code) by each of their words."""
    from detector.index.pigeonhole_kernel import fill_table

    words = np.load(folder / "rows.npy", mmap_mode="c").view(np.uint16)
    number, width = words.shape
    starts = create(folder, "starts", np.uint32, (width, _BUCKETS + 1))
    order = create(folder, "order", np.uint32, (width, number))
    follow = create(folder, "follow", np.uint32, (width, number))
    for place in range(width):
        fill_table(np.asarray(words), place, *(np.asarray(held)[place] for held in (starts, order, follow)))


class CodeSegment:
    """Codes of `width` bytes (a multiple of 8) and their tables: 8 bytes a word and code beside the code
    itself."""

    def __init__(self, folder: Path, width: int) -> None:
        """Map what is in `folder`. Raises SnapshotInvalid."""
        words = width // 2
        self.folder = folder
        self.ids = mapped(folder, "ids", np.int64, (None,))
        self.rows = mapped(folder, "rows", np.uint8, (len(self.ids), width))
        self._starts = mapped(folder, "starts", np.uint32, (words, _BUCKETS + 1))
        self._order = mapped(folder, "order", np.uint32, (words, len(self.ids)))
        self._follow = mapped(folder, "follow", np.uint32, (words, len(self.ids)))

    def search(self, queries: NDArray[Any], k: int, radius: float, dead: NDArray[np.uint8]) -> list[Near]:
        """As Segment says; exact, of equally distant ids the smallest."""
        asked = np.ascontiguousarray(queries, dtype=np.uint8).reshape(len(queries), self.rows.shape[1])
        bits = self.rows.shape[1] * 8
        return [self._search(query, min(k, len(self.ids)), min(int(radius), bits), dead) for query in asked]

    def _search(self, query: NDArray[np.uint8], k: int, radius: int, dead: NDArray[np.uint8]) -> Near:
        from detector.index.pigeonhole_kernel import scan, search_words

        distances = np.empty(k, dtype=np.int64)
        ids, rows = np.empty_like(distances), np.empty_like(distances)
        found = (distances, ids, rows)
        codes, numbers, part = self.rows.view(np.uint64), self.ids, query.view(np.uint64)
        words = query.view(np.uint16)
        allowed = allowances(radius, len(words))
        masks, bounds = _masks()
        if k == 0 or radius < 0:
            size = 0
        elif allowed.max() > 16 or self._entries(allowed) > _SCAN_SHARE * len(numbers):
            size = scan(codes, numbers, dead, part, radius, found)
        else:
            held = (codes, self.rows.view(np.uint16), numbers, dead)
            tables = (self._starts, self._order, self._follow)
            size = search_words(held, tables, (part, words), allowed, masks, bounds, radius, found)
        order = np.lexsort((ids[:size], distances[:size]))
        return Near(distances[:size][order], ids[:size][order])

    def _entries(self, allowed: NDArray[np.int64]) -> float:
        """How many entries a search reads, were all buckets equally full."""
        _, bounds = _masks()
        return float(np.diff(bounds)[np.maximum(allowed, 0)][allowed >= 0].sum()) * len(self.ids) / _BUCKETS
