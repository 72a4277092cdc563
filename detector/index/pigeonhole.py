"""Exact search among binary codes without reading them all: whoever is near differs little in some word.

A code of 256 bits is cut into words of 14 to 20 bits (words.py). Word i may differ by `allowed[i]` bits,
where the sum of all (allowed + 1) is radius + 1. If two codes differ by at most `radius` bits, then some word
differs by no more than it is allowed (the pigeonhole principle), and going round from some such word every
run of words stays within what it is allowed (its strong form; Qin and Xiao, "Pigeonring", VLDB 2018). So each
word has a table of all codes sorted by it; a search looks into the buckets within `allowed[i]` flips of its
own, reads only the bits that follow there (32, or the next two words where they are shorter), and compares
whole the few codes that pass. Nothing within the radius is ever missed, at any radius.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.index.segment import Near, create, mapped
from detector.index.words import LONGEST, cut, flips, looked_up, words_for

_SCAN_SHARE = 0.5
"""Reading more than this many entries a row costs more than comparing every row."""


def write_tables(folder: Path) -> None:
    """Sort the codes in folder/rows.npy (n, bytes a code) by each of their words."""
    from detector.index.pigeonhole_kernel import fill_table

    codes = np.asarray(np.load(folder / "rows.npy", mmap_mode="c").view(np.uint64))
    number, bits = len(codes), 64 * codes.shape[1]
    words = cut(bits, words_for(number, bits))
    starts = create(folder, "starts", np.uint32, (len(words), 2 ** int(words.widths.max()) + 1))
    order = create(folder, "order", np.uint32, (len(words), number))
    follow = create(folder, "follow", np.uint32, (len(words), number))
    for place, word in enumerate(zip(words.begins, words.widths, words.follows, strict=True)):
        fill_table(codes, word, *(np.asarray(held)[place] for held in (starts, order, follow)))


class CodeSegment:
    """Codes of `width` bytes (a multiple of 8) and their tables: 8 bytes a word and code beside the code
    itself."""

    def __init__(self, folder: Path, width: int) -> None:
        """Map what is in `folder`. Raises SnapshotInvalid."""
        self.folder, self._bits = folder, 8 * width
        self.ids = mapped(folder, "ids", np.int64, (None,))
        self.rows = mapped(folder, "rows", np.uint8, (len(self.ids), width))
        self._order = mapped(folder, "order", np.uint32, (None, len(self.ids)))
        if not self._bits / LONGEST <= len(self._order) <= self._bits:
            raise SnapshotInvalid("The index file order.npy is of another shape.")
        self._words = cut(self._bits, len(self._order))
        buckets = 2 ** int(self._words.widths.max())
        self._starts = mapped(folder, "starts", np.uint32, (len(self._words), buckets + 1))
        self._follow = mapped(folder, "follow", np.uint32, self._order.shape)

    def search(self, queries: NDArray[Any], k: int, radius: float, dead: NDArray[np.uint8]) -> list[Near]:
        """As Segment says; exact, of equally distant ids the smallest."""
        asked = np.ascontiguousarray(queries, dtype=np.uint8).reshape(len(queries), self.rows.shape[1])
        most = min(int(radius), self._bits)
        return [self._search(query, min(k, len(self.ids)), most, dead) for query in asked.view(np.uint64)]

    def _search(self, query: NDArray[np.uint64], k: int, radius: int, dead: NDArray[np.uint8]) -> Near:
        from detector.index.pigeonhole_kernel import scan, search_words

        distances = np.empty(k, dtype=np.int64)
        ids, rows = np.empty_like(distances), np.empty_like(distances)
        found = (distances, ids, rows)
        codes = self.rows.view(np.uint64)
        if k == 0 or radius < 0:
            size = 0
        elif looked_up(self._words, radius) > _SCAN_SHARE:
            size = scan(codes, self.ids, dead, query, radius, found)
        else:
            way = flips(self._bits, len(self._words), radius)
            tables = (self._starts, self._order, self._follow)
            layout = (self._words.begins, self._words.widths, self._words.follows, way.allowed)
            held = (codes, self.ids, dead)
            size = search_words(held, tables, query, layout, way.masks, way.bounds, radius, found)
        order = np.lexsort((ids[:size], distances[:size]))
        return Near(distances[:size][order], ids[:size][order])
