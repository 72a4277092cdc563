"""The vector indexes of one medium: one a method, made when its first fingerprint comes."""

from collections.abc import Callable, Collection, Mapping
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.calibration import Calibration, for_method
from detector.errors import SnapshotInvalid
from detector.fingerprints.fingerprint import Fingerprint
from detector.index.port import Hit, Metric, VectorIndex
from detector.matching.admission import QUERY_ONLY, admitted, stored_method
from detector.matching.finding import Question

MakeIndex = Callable[[Metric, int], VectorIndex]


class Vectors:
    """The indexes of all methods that `takes` says yes to."""

    def __init__(self, make_index: MakeIndex, takes: Callable[[str], bool]) -> None:
        self._make_index = make_index
        self._takes = takes
        self._indexes: dict[str, VectorIndex] = {}
        self._widths: dict[str, int] = {}

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return tuple(sorted(method for method, index in self._indexes.items() if len(index)))

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index those fingerprints that may be kept."""
        waiting: dict[str, list[tuple[int, Fingerprint]]] = {}
        for item_no, entries in items:
            for entry in entries:
                if self._takes(entry.method) and entry.method not in QUERY_ONLY and admitted(entry):
                    waiting.setdefault(entry.method, []).append((item_no, entry))
        for method, pairs in waiting.items():
            calibration = admitted(pairs[0][1])
            if calibration is not None:
                ids = np.array([item_no for item_no, _ in pairs], dtype=np.int64)
                rows = np.stack([_vector(entry, calibration.metric) for _, entry in pairs])
                self._index(method, calibration).add(ids, rows)

    def _index(self, method: str, calibration: Calibration) -> VectorIndex:
        if method not in self._indexes:
            self._indexes[method] = self._make_index(calibration.metric, calibration.width)
            self._widths[method] = calibration.width
        return self._indexes[method]

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items."""
        ids = np.array(sorted(item_nos), dtype=np.int64)
        for index in self._indexes.values():
            index.remove(ids)

    def near(
        self, entry: Fingerprint, calibration: Calibration, radius: float, question: Question, limit: int
    ) -> list[Hit]:
        """The nearest items that count."""
        index = self._indexes.get(stored_method(entry.method))
        if index is None:
            return []
        return nearest(index, _vector(entry, calibration.metric), radius, question, limit)

    def size(self, method: str) -> int:
        """How many vectors of this method are indexed."""
        index = self._indexes.get(method)
        return 0 if index is None else len(index)

    def save(self, folder: Path) -> Mapping[str, int]:
        """Write every index into `folder`; returns each method's width, to be given to load()."""
        for method, index in self._indexes.items():
            index.save(folder / file_name(method))
        return dict(self._widths)

    def load(self, folder: Path, widths: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid, and then holds nothing to rely on."""
        for method, width in widths.items():
            calibration = for_method(method, int(width))
            if calibration is None or calibration.width != width:
                raise SnapshotInvalid(f"The snapshot holds {method}, which this program does not know.")
            self._index(method, calibration).load(folder / file_name(method))


def nearest(
    index: VectorIndex, query: NDArray[Any], radius: float, question: Question, limit: int
) -> list[Hit]:
    """The nearest items that count: asks for more while those that do not count fill the answer."""
    asked = limit
    while True:
        hits = index.search(query[np.newaxis, :], asked, radius)[0]
        kept = list(compress(hits, question.which([hit.id for hit in hits])))
        if len(hits) < asked or len(kept) >= limit or asked >= len(index):
            return kept[:limit]
        asked *= 4


def file_name(method: str, ending: str = "index") -> str:
    """The name of a method's file or folder in a snapshot."""
    return f"{method.replace('/', '.v')}.{ending}"


def _vector(entry: Fingerprint, metric: Metric) -> NDArray[Any]:
    return np.frombuffer(entry.value, dtype=np.uint8 if metric is Metric.HAMMING else "<f4")
