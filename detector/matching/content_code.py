"""ISCC content codes: looked up by, never compared with. They answer who brings a code and no content."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.soft_binding import ASKED, ISCC_METHODS
from detector.index.port import Hit, Metric, VectorIndex
from detector.matching.finding import Question, RawMatch
from detector.matching.vectors import MakeIndex, file_name, nearest

BITS = 256
NEAR = 24
"""At most so many bits may differ (docs/detector/iscc.md says how near unrelated items come)."""
_METHODS = frozenset(ISCC_METHODS.values())


class ContentCodeMatcher:
    """The codes of all media, one index each."""

    def __init__(self, make_index: MakeIndex) -> None:
        self._make_index = make_index
        self._indexes: dict[str, VectorIndex] = {}

    @property
    def methods(self) -> tuple[str, ...]:
        """None: no item is compared by its code."""
        return ()

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index content codes."""
        waiting: dict[str, list[tuple[int, bytes]]] = {}
        for item_no, entries in items:
            for entry in entries:
                if entry.method in _METHODS and len(entry.value) * 8 == BITS:
                    waiting.setdefault(entry.method, []).append((item_no, entry.value))
        for method, pairs in waiting.items():
            ids = np.array([item_no for item_no, _ in pairs], dtype=np.int64)
            self._index(method).add(ids, np.stack([_code(value) for _, value in pairs]))

    def _index(self, method: str) -> VectorIndex:
        if method not in self._indexes:
            self._indexes[method] = self._make_index(Metric.HAMMING, BITS // 8)
        return self._indexes[method]

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        ids = np.array(sorted(item_nos), dtype=np.int64)
        for index in self._indexes.values():
            index.remove(ids)

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The items whose code is near one that is asked for; nothing for the codes of an item."""
        found = []
        for entry in prints.prints:
            method = entry.method.removesuffix(ASKED)
            if entry.method != method and method in self._indexes:
                near = nearest(self._indexes[method], _code(entry.value), NEAR, question, question.limit)
                found += [_found(method, hit) for hit in near]
        return found

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write the indexes; returns their methods."""
        for method, index in self._indexes.items():
            index.save(folder / file_name(method))
        return {"methods": sorted(self._indexes)}

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        for method in notes.get("methods", ()):
            if method not in _METHODS:
                raise SnapshotInvalid(f"The snapshot holds {method}, which this program does not know.")
            self._index(method).load(folder / file_name(method))


def _found(method: str, hit: Hit) -> RawMatch:
    why = (
        f"{hit.distance:.0f} of the {BITS} bits of its ISCC content code differ from those asked for; "
        f"up to {NEAR} count as the same content."
    )
    # Only equal digests score 1.
    score = min(0.9999, round(1 - hit.distance / BITS, 4))
    return RawMatch(hit.id, method, score, hit.distance, NEAR, why)


def _code(value: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(value, dtype=np.uint8)
