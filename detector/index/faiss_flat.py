"""FAISS's flat indexes: exact at any radius; 0.9 ms a query over a million 256-bit codes."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import DTypeLike, NDArray

from detector.errors import SnapshotInvalid
from detector.index.port import Hit
from detector.index.threads import one_thread


class _FaissFlat(ABC):
    """What both share; a kind says how rows look, how far apart they are and how they are kept."""

    def __init__(
        self,
        width: int,
        index: Any,
        row_type: DTypeLike,
        write: Callable[[Any, str], None],
        read: Callable[[str], Any],
    ) -> None:
        self.width = width
        self._index, self._row_type, self._write, self._read = index, row_type, write, read

    @abstractmethod
    def _distances(self, measured: NDArray[Any]) -> NDArray[Any]:
        """FAISS's measure as a distance."""

    @abstractmethod
    def _values(self) -> Any:
        """FAISS's vector of all bytes, row after row."""

    def add(self, ids: NDArray[np.int64], vectors: NDArray[Any]) -> None:
        """Store rows under ids not in the index yet."""
        if len(ids):
            rows = np.ascontiguousarray(vectors, dtype=self._row_type).reshape(len(ids), self.width)
            self._index.add_with_ids(rows, np.ascontiguousarray(ids, dtype=np.int64))

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget these ids."""
        if len(ids) and len(self):
            self._index.remove_ids(np.ascontiguousarray(ids, dtype=np.int64))

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[list[Hit]]:
        """The at most `k` nearest within `radius` of each query, nearest first, then by id."""
        wanted = min(k, len(self))
        if wanted == 0:
            return [[] for _ in queries]
        one_thread()
        measured, ids = self._index.search(np.ascontiguousarray(queries, dtype=self._row_type), wanted)
        return [
            sorted(
                (Hit(int(i), float(d)) for i, d in zip(row_ids, row, strict=True) if i >= 0 and d <= radius),
                key=lambda hit: (hit.distance, hit.id),
            )
            for row_ids, row in zip(ids, self._distances(measured), strict=True)
        ]

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def contents(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Copies of all ids and, in the same order, their rows."""
        if not len(self):
            return np.empty(0, dtype=np.int64), np.empty((0, self.width), dtype=self._row_type)
        rows: NDArray[Any] = (
            faiss.vector_to_array(self._values()).view(self._row_type).reshape(len(self), self.width)
        )
        return faiss.vector_to_array(self._index.id_map), rows

    def save(self, path: Path) -> None:
        """Write FAISS's own file format."""
        self._write(self._index, str(path))

    def load(self, path: Path) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        try:
            loaded: Any = self._read(str(path))
        except RuntimeError as error:
            raise SnapshotInvalid(f"The index file {path.name} cannot be read.") from error
        if loaded.d != self._index.d or type(loaded) is not type(self._index):
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        self._index = loaded


class FaissBinaryIndex(_FaissFlat):
    """Binary codes, IndexBinaryIDMap2 over IndexBinaryFlat; `width` is bytes a code, distance is bits."""

    def __init__(self, width: int) -> None:
        index = faiss.IndexBinaryIDMap2(faiss.IndexBinaryFlat(width * 8))
        super().__init__(width, index, np.uint8, faiss.write_index_binary, faiss.read_index_binary)

    def _distances(self, measured: NDArray[Any]) -> NDArray[Any]:
        return measured

    def _values(self) -> Any:
        held: Any = faiss.downcast_IndexBinary(self._index.index)
        return held.xb


class FaissFloatIndex(_FaissFlat):
    """Unit vectors, IndexIDMap2 over IndexFlatIP; `width` is dimensions, distance is 1 - inner product."""

    def __init__(self, width: int) -> None:
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(width))
        super().__init__(width, index, np.float32, faiss.write_index, faiss.read_index)

    def _distances(self, measured: NDArray[Any]) -> NDArray[Any]:
        return np.float32(1.0) - measured

    def _values(self) -> Any:
        held: Any = faiss.downcast_index(self._index.index)
        return held.codes
