"""Unit vectors in FAISS: flat inner product, so exact; ids may be removed."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.index.port import Hit

# FAISS shares a search out by queries, and we ask one at a time from threads of our own. With OpenMP's,
# a query over 25 codes took 2 to 9 ms of waiting beside torch's on two busy cores, and 0.004 ms without.
faiss.omp_set_num_threads(1)


class FaissFloatIndex:
    """IndexIDMap2 over IndexFlatIP; `width` is dimensions, distance is 1 - inner product."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(width))

    def add(self, ids: NDArray[np.int64], vectors: NDArray[Any]) -> None:
        """Store unit vectors under ids not in the index yet."""
        if len(ids):
            rows = np.ascontiguousarray(vectors, dtype=np.float32).reshape(len(ids), self.width)
            self._index.add_with_ids(rows, np.ascontiguousarray(ids, dtype=np.int64))

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget these ids."""
        if len(ids) and len(self):
            self._index.remove_ids(np.ascontiguousarray(ids, dtype=np.int64))

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[list[Hit]]:
        """The at most `k` nearest within `radius` (1 - cosine) of each query, nearest first, then by id."""
        wanted = min(k, len(self))
        if wanted == 0:
            return [[] for _ in queries]
        products, ids = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), wanted)
        distances = np.float32(1.0) - products
        return [
            sorted(
                (Hit(int(i), float(d)) for i, d in zip(row_ids, row, strict=True) if i >= 0 and d <= radius),
                key=lambda hit: (hit.distance, hit.id),
            )
            for row_ids, row in zip(ids, distances, strict=True)
        ]

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def save(self, path: Path) -> None:
        """Write FAISS's own file format."""
        faiss.write_index(self._index, str(path))

    def load(self, path: Path) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        try:
            loaded: Any = faiss.read_index(str(path))
        except RuntimeError as error:
            raise SnapshotInvalid(f"The index file {path.name} cannot be read.") from error
        if loaded.d != self.width or not isinstance(loaded, faiss.IndexIDMap2):
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        self._index = loaded
