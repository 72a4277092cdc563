"""The match stage: an item's fingerprints against all that is indexed, fused to the best finding per item.

Texts are proposed by their projection and compared letter by letter with their skeletons (recheck.py).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector import evidence
from detector.calibration import ASKED_SHARE, Calibration, for_method
from detector.errors import SnapshotInvalid
from detector.fingerprints.exact import SHA256_METHOD, TEXTSHA_METHOD
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.fingerprints.pdq import TURNED_METHOD
from detector.fingerprints.shingles import SKELETON_METHOD, unpacked
from detector.index.build import faiss_index
from detector.index.digests import DigestIndex
from detector.index.port import Hit, Metric, VectorIndex
from detector.recheck import Recheck
from provenance.assets.asset import Medium

MOST_MATCHES = 50
EXACT_METHODS = (SHA256_METHOD, TEXTSHA_METHOD)
QUERY_ONLY = frozenset({TURNED_METHOD})
"""Fingerprints to ask with and never to store."""

MOST_PROPOSED = 100
"""Texts compared letter by letter for one question: this bounds its cost, and its chance of a false match."""

MakeIndex = Callable[[Metric, int], VectorIndex]
ReadSkeletons = Callable[[Collection[int]], Mapping[int, bytes]]
"""The packed skeletons of these items, where they have one."""


@dataclass(frozen=True, slots=True)
class RawMatch:
    """A near-duplicate by item number; fields as in similarity.Match.

    `telling` is false where both are equal but too short or too plain for that to mean anything ("thanks!",
    a blank picture): shown, never grouped into a campaign.
    """

    item_no: int
    method: str
    score: float
    distance: float
    threshold: float
    why: str
    telling: bool = True


def _stored_method(method: str) -> str:
    return PDQ_METHOD if method == TURNED_METHOD else method


def _calibrated(entry: Fingerprint, *, asking: bool = False) -> Calibration | None:
    """The calibration under which this fingerprint may be kept, or asked with; None when it may not."""
    method = _stored_method(entry.method)
    width = len(entry.value) if method == PDQ_METHOD else len(entry.value) // 4
    found = for_method(method, width)
    if found is None or found.width != width:
        return None
    floor = found.floor * ASKED_SHARE if asking and found.reach else found.floor
    if entry.quality < floor:
        return None
    return found


def is_telling(prints: Fingerprints) -> bool:
    """Whether equality with this item means anything: false for blank pictures and texts of a word or two."""
    if any(_calibrated(entry) for entry in prints.prints):
        return True
    if prints.medium is Medium.TEXT:
        return False
    return not any(entry.method == PDQ_METHOD for entry in prints.prints)


def _vector(entry: Fingerprint, metric: Metric) -> NDArray[Any]:
    return np.frombuffer(entry.value, dtype=np.uint8 if metric is Metric.HAMMING else "<f4")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of every index: which items count, at most how many, and the asked text's skeleton."""

    medium: Medium
    counts: Callable[[int], bool]
    limit: int
    telling: bool
    skeleton: str


class Matcher:
    """All indexes of one process. Not safe to change and ask at once: the caller holds a lock."""

    def __init__(
        self, make_index: MakeIndex = faiss_index, read_skeletons: ReadSkeletons | None = None
    ) -> None:
        """Skeletons are kept in memory, and in no snapshot, unless `read_skeletons` reads them elsewhere."""
        self._make_index = make_index
        self._read_skeletons = read_skeletons
        self._skeletons: dict[int, bytes] = {}
        self._vectors: dict[str, VectorIndex] = {}
        self._widths: dict[str, int] = {}
        self._digests = {method: DigestIndex() for method in EXACT_METHODS}

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return (*EXACT_METHODS, *sorted(method for method, index in self._vectors.items() if len(index)))

    def add(self, item_no: int, prints: Fingerprints) -> None:
        """Index one item under a number never used before."""
        self.add_many([(item_no, prints.prints)])

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index many items at once; each number was never used before."""
        waiting: dict[str, list[tuple[int, Fingerprint]]] = {}
        for item_no, entries in items:
            for entry in entries:
                if entry.method in self._digests:
                    self._digests[entry.method].add(item_no, entry.value)
                elif entry.method == SKELETON_METHOD:
                    if self._read_skeletons is None:
                        self._skeletons[item_no] = entry.value
                elif entry.method not in QUERY_ONLY and _calibrated(entry) is not None:
                    waiting.setdefault(entry.method, []).append((item_no, entry))
        for method, pairs in waiting.items():
            self._add_vectors(method, pairs)

    def _add_vectors(self, method: str, pairs: list[tuple[int, Fingerprint]]) -> None:
        calibration = _calibrated(pairs[0][1])
        if calibration is None:
            return
        index = self._index(method, calibration.metric, calibration.width)
        ids = np.array([item_no for item_no, _ in pairs], dtype=np.int64)
        index.add(ids, np.stack([_vector(entry, calibration.metric) for _, entry in pairs]))

    def _index(self, method: str, metric: Metric, width: int) -> VectorIndex:
        if method not in self._vectors:
            self._vectors[method] = self._make_index(metric, width)
            self._widths[method] = width
        return self._vectors[method]

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        ids = np.array(sorted(item_nos), dtype=np.int64)
        for index in self._vectors.values():
            index.remove(ids)
        for digests in self._digests.values():
            digests.remove(item_nos)
        for item_no in item_nos:
            self._skeletons.pop(item_no, None)

    def match(
        self,
        prints: Fingerprints,
        *,
        exclude: Collection[int] = (),
        accept: Callable[[int], bool] | None = None,
        limit: int = MOST_MATCHES,
    ) -> list[RawMatch]:
        """The items that this one resembles, best first, at most `limit`.

        Items in `exclude`, and those that `accept` refuses, do not count. An item found by several methods is
        reported by the one that puts it nearest.
        """

        def counts(item_no: int) -> bool:
            return item_no not in exclude and (accept is None or accept(item_no))

        best: dict[int, RawMatch] = {}
        bones = next((unpacked(e.value) for e in prints.prints if e.method == SKELETON_METHOD), "")
        question = _Question(prints.medium, counts, limit, is_telling(prints), bones)
        for entry in prints.prints:
            for found in self._ask(entry, question):
                known = best.get(found.item_no)
                if known is None or found.score > known.score:
                    best[found.item_no] = found
        return sorted(best.values(), key=lambda match: (-match.score, match.item_no))[:limit]

    def _ask(self, entry: Fingerprint, asked: "_Question") -> list[RawMatch]:
        counts, limit, telling = asked.counts, asked.limit, asked.telling
        if entry.method in self._digests:
            equal = [item for item in self._digests[entry.method].find(entry.value) if counts(item)][:limit]
            why = evidence.why_equal(entry.method, asked.medium, telling)
            return [RawMatch(item, entry.method, 1.0, 0.0, 0.0, why, telling) for item in equal]
        calibration = _calibrated(entry, asking=True)
        method = _stored_method(entry.method)
        if calibration is None or method not in self._vectors:
            return []
        query = _vector(entry, calibration.metric)
        if calibration.reach:
            proposed = self._near(method, query, calibration.reach, counts, max(limit, MOST_PROPOSED))
            return self._rechecked(method, asked.skeleton, [hit.id for hit in proposed])
        turned = entry.method in QUERY_ONLY
        return [
            RawMatch(
                item_no=hit.id,
                method=method,
                # Only equal digests score 1: two pictures can share a hash.
                score=min(0.9999, calibration.score(hit.distance)),
                distance=round(hit.distance, 4),
                threshold=calibration.threshold,
                why=evidence.why_near(method, hit.distance, calibration.threshold, turned=turned),
            )
            for hit in self._near(method, query, calibration.threshold, counts, limit)
        ]

    def _rechecked(self, method: str, bones: str, proposed: list[int]) -> list[RawMatch]:
        """Those proposed texts that pass a check letter by letter."""
        if not bones or not proposed:
            return []
        read = self._read_skeletons
        held = {i: self._skeletons.get(i, b"") for i in proposed} if read is None else read(proposed)
        check = Recheck(method, bones)
        matches = []
        for item_no in proposed:
            other = unpacked(held.get(item_no, b""))
            found = check.compare(other) if other else None
            if found is not None:
                why = evidence.why_near(found.method, found.distance, found.threshold, share=found.share)
                score = min(0.9999, round((1 - found.distance) * found.share, 4))
                distance = round(found.distance, 4)
                matches.append(RawMatch(item_no, found.method, score, distance, found.threshold, why))
        return matches

    def _near(
        self, method: str, query: NDArray[Any], radius: float, counts: Callable[[int], bool], limit: int
    ) -> list[Hit]:
        """The nearest that count: asks for more while those that do not count fill the answer."""
        index = self._vectors[method]
        asked = limit
        while True:
            hits = index.search(query[np.newaxis, :], asked, radius)[0]
            kept = [hit for hit in hits if counts(hit.id)]
            if len(hits) < asked or len(kept) >= limit or asked >= len(index):
                return kept[:limit]
            asked *= 4

    def save(self, folder: Path) -> Mapping[str, int]:
        """Write every index into `folder`; returns each vector method's width, to be given to load()."""
        for method, digests in self._digests.items():
            digests.save(folder / _file_name(method))
        for method, index in self._vectors.items():
            index.save(folder / _file_name(method))
        return dict(self._widths)

    def load(self, folder: Path, widths: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid, and then holds nothing to rely on."""
        for method, digests in self._digests.items():
            digests.load(folder / _file_name(method))
        for method, width in widths.items():
            calibration = for_method(method, int(width))
            if calibration is None or calibration.width != width:
                raise SnapshotInvalid(f"The snapshot holds {method}, which this program does not know.")
            self._index(method, calibration.metric, calibration.width).load(folder / _file_name(method))


def _file_name(method: str) -> str:
    return method.replace("/", ".v") + ".index"
