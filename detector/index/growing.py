"""The index that grows: a flat tail that finds what was added at once, and segments for all that is older.

When the tail is full a thread of its own turns it into a segment and merges it with the segments not much
larger, so that few remain (a log-structured merge tree; O'Neil et al. 1996). Meanwhile everything stays
searchable as it was; adding and removing go on, and the new segment takes the old ones' place in one step.
What is removed is marked in a bitmap and left out by the searches; a merge drops it.
"""

import json
import logging
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.index import merging
from detector.index.faiss_flat import FaissBinaryIndex, FaissFloatIndex
from detector.index.kinds import Sizes, open_segment, sizes_for
from detector.index.merges import MergesApart
from detector.index.merging import Part
from detector.index.port import Hit, Metric
from detector.index.segment import Near, Segment
from detector.index.workplace import Workplace

logger = logging.getLogger(__name__)

_NOTE = "index.json"
_NONE = np.empty(0, dtype=np.uint8)
Flat = FaissBinaryIndex | FaissFloatIndex


class _Living:
    """A segment and which of its rows are removed."""

    def __init__(self, segment: Segment, dead: NDArray[np.uint8] | None = None) -> None:
        self.segment = segment
        # Whole words more than needed: FAISS and our loops read single bytes of it only.
        self.dead = np.zeros(len(segment.ids) // 8 + 1, dtype=np.uint8) if dead is None else dead
        self.removed = int(np.bitwise_count(self.dead).sum())

    def __len__(self) -> int:
        return len(self.segment.ids) - self.removed

    def remove(self, ids: NDArray[np.int64]) -> None:
        held = self.segment.ids
        places = np.searchsorted(held, ids)
        rows = places[(places < len(held)) & (held[np.minimum(places, len(held) - 1)] == ids)]
        np.bitwise_or.at(self.dead, rows >> 3, np.left_shift(1, rows & 7).astype(np.uint8))
        self.removed = int(np.bitwise_count(self.dead).sum())

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[Near]:
        return self.segment.search(queries, k, radius, self.dead if self.removed else _NONE)

    def part(self) -> Part:
        """What a merge takes of it: rows that live now."""
        rows = np.flatnonzero(np.unpackbits(self.dead, bitorder="little")[: len(self.segment.ids)] == 0)
        return Part(np.asarray(self.segment.ids[rows]), self.segment.rows, rows)


class GrowingIndex(MergesApart):
    """A VectorIndex of any size; `width` is bytes a code or dimensions. Safe to share between threads."""

    def __init__(
        self,
        metric: Metric,
        width: int,
        sizes: Sizes | None = None,
        place: Path | None = None,
        device: str = "cpu",
    ) -> None:
        """Segments are written below `place`, or below the system's folder for temporary files."""
        super().__init__()
        self.metric, self.width, self._device = metric, width, device
        self._sizes = sizes or sizes_for(metric, width)
        self._work = Workplace(place)
        self._tail, self._frozen = self._flat(), self._flat()
        self._segments: list[_Living] = []
        self._removed_meanwhile: list[NDArray[np.int64]] = []
        self._version = 0

    def _flat(self) -> Flat:
        return FaissBinaryIndex(self.width) if self.metric is Metric.HAMMING else FaissFloatIndex(self.width)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[Any]) -> None:
        """Store rows under ids not in the index yet; they are found from now on."""
        with self._lock:
            self._tail.add(ids, vectors)
            if self._merging is None and len(self._tail) >= self._sizes.tail:
                self._begin()

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget these ids; unknown ones are ignored."""
        gone = np.unique(np.asarray(ids, dtype=np.int64))
        with self._lock:
            for flat in (self._tail, self._frozen):
                flat.remove(gone)
            for living in self._segments:
                living.remove(gone)
            if self._merging is not None:
                self._removed_meanwhile.append(gone)

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[list[Hit]]:
        """For each query its at most `k` nearest ids within `radius`, nearest first, then by id."""
        with self._lock:
            segments = self._segments
            answers = [flat.search(queries, k, radius) for flat in (self._tail, self._frozen)]
        # Segments never change: here searches go on side by side.
        for living in segments:
            answers.append([_hits(near) for near in living.search(queries, k, radius)])
        answers = [answer for answer in answers if any(answer)] or answers[:1]
        if len(answers) == 1:
            return answers[0]
        return [
            sorted((hit for answer in answers for hit in answer[i]), key=_rank)[:k]
            for i in range(len(queries))
        ]

    def __len__(self) -> int:
        with self._lock:
            return len(self._tail) + len(self._frozen) + sum(map(len, self._segments))

    @property
    def segments(self) -> tuple[int, ...]:
        """How many rows each segment holds, largest first; none while everything is in the tail."""
        with self._lock:
            return tuple(map(len, self._segments))

    def pace(self) -> None:
        """As Paced says: rows that wait for the merge under way fill the memory."""
        while len(self._tail) > self._sizes.behind and (thread := self._merge_under_way()) is not None:
            thread.join()

    def _begin(self) -> None:
        """Freeze the tail and merge it with what is not much larger, in a thread of its own."""
        self._frozen.add(*self._tail.contents())
        self._tail = self._flat()
        total, taken = len(self._frozen), 0
        for living in reversed(self._segments):
            if len(living) >= self._sizes.ratio * total and living.removed * 2 < len(living.segment.ids):
                break
            total, taken = total + len(living), taken + 1
        old = self._segments[len(self._segments) - taken :]
        ids, rows = self._frozen.contents()
        parts = [*(living.part() for living in old), Part(ids, rows, np.arange(len(ids)))]
        self._removed_meanwhile = []
        self._merging = threading.Thread(
            target=self._merge, args=(parts, old, self._version), name="index-merge", daemon=True
        )
        self._merging.start()

    def _merge(self, parts: Sequence[Part], old: Sequence[_Living], version: int) -> None:
        fresh: list[_Living] | None = None
        try:
            fresh = [self._written(parts)] if any(len(part.ids) for part in parts) else []
        except Exception:
            # The frozen tail stays searchable, and joins the next merge.
            logger.exception("index: merging %d rows failed", sum(len(part.ids) for part in parts))
        with self._lock:
            if fresh is not None and version == self._version:
                for living in fresh:
                    for gone in self._removed_meanwhile:
                        living.remove(gone)
                kept = [each for each in self._segments if each not in old]
                self._segments = sorted([*kept, *fresh], key=len, reverse=True)
                self._frozen = self._flat()
                for each in old:
                    # Whoever still searches it has it mapped.
                    shutil.rmtree(each.segment.folder, ignore_errors=True)
            self._removed_meanwhile, self._merging = [], None
            if fresh is not None and len(self._tail) >= self._sizes.tail:
                self._begin()

    def _written(self, parts: Sequence[Part]) -> _Living:
        folder = self._work.folder()
        try:
            merging.write(folder, self.metric, self.width, parts)
            living = _Living(open_segment(folder, self.metric, self.width, self._device))
            # The first search compiles what it needs: here, and not while somebody waits.
            living.search(np.asarray(living.segment.rows[:1]), 1, 0.0)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return living

    def save(self, path: Path) -> None:
        """Write everything to `path`: a file, or, with segments, a folder that shares their files by
        links."""
        with self._lock:
            flat = self._flat()
            for part in (self._frozen, self._tail):
                flat.add(*part.contents())
            if not self._segments:
                flat.save(path)
                return
            path.mkdir()
            flat.save(path / "tail.index")
            for number, living in enumerate(self._segments):
                self._work.link(living.segment.folder, path / f"segment-{number}")
                np.save(path / f"removed-{number}.npy", living.dead)
            note = {"metric": self.metric, "width": self.width, "segments": len(self._segments)}
            (path / _NOTE).write_text(json.dumps(note))

    def load(self, path: Path) -> None:
        """Replace the content by what save() wrote; segments are mapped, not read. Raises SnapshotInvalid."""
        flat, segments = self._flat(), []
        if path.is_dir():
            try:
                note = json.loads((path / _NOTE).read_text())
                number = int(note["segments"])
                same = (note["metric"], note["width"]) == (self.metric, self.width)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise SnapshotInvalid(f"The index {path.name} cannot be read.") from error
            if not same:
                raise SnapshotInvalid(f"The index {path.name} is of another shape.")
            flat.load(path / "tail.index")
            segments = [self._loaded(path, number) for number in range(number)]
        else:
            flat.load(path)
        with self._lock:
            self._version += 1
            self._tail, self._frozen, self._segments = flat, self._flat(), segments

    def _loaded(self, path: Path, number: int) -> _Living:
        folder = self._work.folder()
        try:
            self._work.link(path / f"segment-{number}", folder)
            dead = np.load(path / f"removed-{number}.npy", allow_pickle=False)
        except (OSError, shutil.Error, ValueError, EOFError) as error:
            raise SnapshotInvalid(f"The index {path.name} cannot be read.") from error
        segment = open_segment(folder, self.metric, self.width, self._device)
        if dead.dtype != np.uint8 or dead.shape != (len(segment.ids) // 8 + 1,):
            raise SnapshotInvalid(f"The index {path.name} is of another shape.")
        return _Living(segment, dead)


def _hits(near: Near) -> list[Hit]:
    return [Hit(int(i), float(d)) for i, d in zip(near.ids, near.distances, strict=True)]


def _rank(hit: Hit) -> tuple[float, int]:
    return hit.distance, hit.id
