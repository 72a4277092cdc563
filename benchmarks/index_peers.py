"""What others search with, and ours, behind one shape: filled from rows, asked one question at a time."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.index.growing import GrowingIndex
from detector.index.port import Metric
from detector.index.segment import blocks

OURS = "Assay"
MOST = 50


class Contender(Protocol):
    """One index under test."""

    def fill(self, rows: NDArray[Any]) -> None:
        """Store rows under their numbers."""

    def ask(self, queries: NDArray[Any], radius: float) -> list[list[int]]:
        """The numbers found for each query, nearest first."""

    def save(self, path: Path) -> None:
        """Write all of it."""

    def load(self, path: Path) -> None:
        """Start from what save() wrote."""


@dataclass(slots=True)
class Ours:
    """The index that the service has, filled as the service fills it."""

    metric: Metric
    width: int
    index: GrowingIndex

    def fill(self, rows: NDArray[Any]) -> None:
        """Add in thousands, as rows come from the database, and wait for the merges."""
        for first in range(0, len(rows), 10_000):
            part = rows[first : first + 10_000]
            self.index.add(np.arange(first, first + len(part), dtype=np.int64), part)
            self.index.pace()
        self.index.settle()

    def ask(self, queries: NDArray[Any], radius: float) -> list[list[int]]:
        """Through the port."""
        return [[hit.id for hit in hits] for hits in self.index.search(queries, MOST, radius)]

    def save(self, path: Path) -> None:
        """A snapshot."""
        self.index.save(path)

    def load(self, path: Path) -> None:
        """Map the snapshot."""
        self.index.load(path)


@dataclass(slots=True)
class Faiss:
    """An index of FAISS's own; `write` and `read` are its file functions."""

    index: Any
    row_type: Any
    write: Callable[[Any, str], None]
    read: Callable[[str], Any]

    def fill(self, rows: NDArray[Any]) -> None:
        """Add everything in blocks."""
        for part in blocks(len(rows)):
            self.index.add(np.ascontiguousarray(rows[part], dtype=self.row_type))

    def ask(self, queries: NDArray[Any], radius: float) -> list[list[int]]:
        """The nearest, whatever their distance."""
        found = self.index.search(np.ascontiguousarray(queries, dtype=self.row_type), MOST)[1]
        return [[int(i) for i in row] for row in found]

    def save(self, path: Path) -> None:
        """FAISS's file."""
        self.write(self.index, str(path))

    def load(self, path: Path) -> None:
        """FAISS's file, read whole."""
        self.index = self.read(str(path))


class Ranged(Faiss):
    """One that is asked for all within a radius: FAISS's multi-index hashing searches in no other way."""

    def ask(self, queries: NDArray[Any], radius: float) -> list[list[int]]:
        """All within the radius, nearest first; as python-threatexchange asks it."""
        self.index.nflip = int(radius) // self.index.nhash
        limits, distances, ids = self.index.range_search(queries, int(radius) + 1)
        return [
            [int(i) for i in ids[a:b][np.argsort(distances[a:b], kind="stable")]] for a, b in pairwise(limits)
        ]


def _ours(metric: Metric, width: int) -> Contender:
    return Ours(metric, width, GrowingIndex(metric, width, place=Path(tempfile.gettempdir())))


def _codes(index: Any, kind: type[Faiss] = Faiss) -> Contender:
    import faiss

    return kind(index, np.uint8, faiss.write_index_binary, faiss.read_index_binary)


def _vectors(index: Any) -> Contender:
    import faiss

    return Faiss(index, np.float32, faiss.write_index, faiss.read_index)


def _flat(metric: Metric, width: int) -> Contender:
    import faiss

    if metric is Metric.HAMMING:
        return _codes(faiss.IndexBinaryFlat(width * 8))
    return _vectors(faiss.IndexFlatIP(width))


def _hnsw(metric: Metric, width: int) -> Contender:
    import faiss

    index: Any
    if metric is Metric.HAMMING:
        index = faiss.IndexBinaryHNSW(width * 8, 16)
        index.hnsw.efSearch = 64
        return _codes(index)
    index = faiss.IndexHNSWFlat(width, 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 64
    return _vectors(index)


def _threatexchange(metric: Metric, width: int) -> Contender:
    """python-threatexchange's default PDQ index (PDQMultiHashIndex), without its Python around each hash."""
    import faiss
    from threatexchange.signal_type.pdq.pdq_faiss_matcher import PDQMultiHashIndex

    theirs = PDQMultiHashIndex()
    made = theirs.mih_index
    return _codes(faiss.IndexBinaryMultiHash(made.d, made.nhash, made.b), Ranged)


CONTENDERS: Mapping[str, tuple[Callable[[Metric, int], Contender], dict[Metric, int]]] = {
    OURS: (_ours, {Metric.HAMMING: 10**8, Metric.COSINE: 10**8}),
    "FAISS flat": (_flat, {Metric.HAMMING: 10**8, Metric.COSINE: 10**6}),
    "FAISS HNSW": (_hnsw, {Metric.HAMMING: 10**6, Metric.COSINE: 10**6}),
    "threatexchange": (_threatexchange, {Metric.HAMMING: 10**6}),
}
"""How each is made, and up to how many rows it is run: above, it takes more memory or time than there is."""
