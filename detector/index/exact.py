"""The oracle: every distance computed, in numpy. What the fast indexes are held equal to."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.index.port import Hit, Metric


class ExactIndex:
    """Brute force over all vectors; `width` is bytes a code for HAMMING, dimensions for COSINE."""

    def __init__(self, metric: Metric, width: int) -> None:
        self.metric = metric
        self.width = width
        self._ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._vectors = self._empty()

    def _empty(self) -> NDArray[Any]:
        kind = np.uint8 if self.metric is Metric.HAMMING else np.float32
        return np.zeros((0, self.width), dtype=kind)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[Any]) -> None:
        """Store vectors under ids not in the index yet."""
        rows = np.asarray(vectors, dtype=self._vectors.dtype).reshape(len(ids), self.width)
        self._ids = np.concatenate([self._ids, np.asarray(ids, dtype=np.int64)])
        self._vectors = np.concatenate([self._vectors, rows])

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget these ids."""
        kept = ~np.isin(self._ids, ids)
        self._ids, self._vectors = self._ids[kept], self._vectors[kept]

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[list[Hit]]:
        """The at most `k` nearest within `radius` of each query, nearest first, then by id."""
        results = []
        for query in queries:
            distances = self._distances(np.asarray(query, dtype=self._vectors.dtype))
            near = np.flatnonzero(distances <= radius)
            order = near[np.lexsort((self._ids[near], distances[near]))][:k]
            results.append([Hit(int(self._ids[i]), float(distances[i])) for i in order])
        return results

    def _distances(self, query: NDArray[Any]) -> NDArray[Any]:
        if self.metric is Metric.HAMMING:
            bits: NDArray[Any] = np.bitwise_count(self._vectors ^ query).sum(axis=1, dtype=np.int64)
            return bits
        distances: NDArray[Any] = np.float32(1.0) - self._vectors @ query
        return distances

    def __len__(self) -> int:
        return len(self._ids)

    def save(self, path: Path) -> None:
        """Write ids and vectors as an uncompressed .npz."""
        with path.open("wb") as stream:
            np.savez(stream, ids=self._ids, vectors=self._vectors)

    def load(self, path: Path) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
                ids, vectors = held["ids"], held["vectors"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise SnapshotInvalid(f"The index file {path.name} cannot be read.") from error
        if vectors.shape != (len(ids), self.width) or vectors.dtype != self._vectors.dtype:
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        self._ids, self._vectors = ids, vectors
