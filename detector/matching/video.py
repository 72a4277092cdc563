"""Video: proposed by frames that look alike, turned and mirrored ones too, and laid on each other in time."""

from collections.abc import Collection, Iterator, Mapping
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from detector.calibration import Calibration, for_method
from detector.errors import SnapshotInvalid
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.video import METHOD, Runs, asked_of, stored_runs
from detector.index.column import Column
from detector.index.port import Hit, Metric
from detector.matching.finding import Question, RawMatch
from detector.matching.frames import ALIKE, Alike, compare
from detector.matching.values import ReadValues
from detector.matching.vectors import MakeIndex, file_name

MOST_COMPARED = 24
"""Videos compared for one question: this bounds its cost, and its chance of a false match."""
MOST_FRAMES = 48
"""Frames that propose, spread over the asked video, each in eight views."""
_NEAREST, _MOST_NEAREST = 64, 4_096
_FEW_RUNS = 3
_WIDTH = 32


class VideoMatcher:
    """The matcher of what is seen in videos; their sound is the audio matcher's.

    Frames are numbered through all items: those of the item in a row of `_items` begin at the number in the
    same row of `_bounds`, and end before that in the next.
    """

    def __init__(self, make_index: MakeIndex, read: ReadValues) -> None:
        self._make_index = make_index
        self._read = read
        self._index = make_index(Metric.HAMMING, _WIDTH)
        self._bounds, self._items = Column(0), Column()
        self._next = 0

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return (METHOD,) if len(self._index) else ()

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index the frames of videos that tell something."""
        known = for_method(METHOD, 0)
        codes = []
        begin = self._next
        for item_no, entries in items:
            for entry in entries:
                if entry.method == METHOD and known is not None and entry.quality >= known.floor:
                    runs = stored_runs(entry.value)
                    if len(runs):
                        codes.append(runs.codes[:, 0])
                        self._items.append(item_no)
                        self._next += len(runs)
                        self._bounds.append(self._next)
        if codes:
            self._index.add(np.arange(begin, self._next, dtype=np.int64), np.concatenate(codes))

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        rows = self._items.rows_of(item_nos)
        spans = zip(self._bounds.at(rows).tolist(), self._bounds.at(rows + 1).tolist(), strict=True)
        gone = [np.arange(first, end, dtype=np.int64) for first, end in spans]
        if gone:
            self._index.remove(np.concatenate(gone))

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The videos that this one has frames in common with."""
        known = for_method(METHOD, 0)
        asked = asked_of(prints.prints)
        if known is None or asked is None or asked[1] < known.floor:
            return []
        best: dict[int, tuple[Alike, int]] = {}
        for item, view, found in self.compared(asked[0], question):
            if suffices(found, known) and (item not in best or found.evidence > best[item][0].evidence):
                best[item] = (found, view)
        return [_match(item, found, view) for item, (found, view) in best.items()]

    def compared(self, asked: Runs, question: Question) -> Iterator[tuple[int, int, Alike]]:
        """(item, view, what is in common) of each video proposed, be that enough or not."""
        proposed = self._proposed(asked, question) if len(asked) and len(self._index) else []
        held = self._read(METHOD, {item for item, _ in proposed})
        for item, view in proposed:
            other = stored_runs(held.get(item, b""))
            found = compare(asked, view, other) if len(other) else None
            if found is not None:
                yield item, view, found

    def _proposed(self, asked: Runs, question: Question) -> list[tuple[int, int]]:
        """(item, view) pairs, those that the most frames name first."""
        rows = np.unique(np.linspace(0, len(asked) - 1, MOST_FRAMES).astype(np.int64))
        queries = np.ascontiguousarray(asked.codes[rows].reshape(-1, _WIDTH))
        views = asked.codes.shape[1]
        votes: dict[tuple[int, int], float] = {}
        for number, hits in enumerate(self._near(queries, question)):
            nearest: dict[int, float] = {}
            for item, distance in hits:
                nearest.setdefault(item, 1.0 + (ALIKE - distance) / ALIKE)
            for item, weight in nearest.items():
                votes[item, number % views] = votes.get((item, number % views), 0.0) + weight
        ordered = sorted(votes, key=lambda pair: (-votes[pair], pair))
        return ordered[:MOST_COMPARED]

    def _near(self, queries: Any, question: Question) -> list[list[tuple[int, float]]]:
        """(item, distance) of each query's near frames of items that count; more are asked for while others
        fill the answer."""
        wanted = _NEAREST
        while True:
            answers = self._index.search(queries, wanted, ALIKE)
            kept = [self._counting(hits, question) for hits in answers]
            crowded = any(len(hits) == wanted and not own for hits, own in zip(answers, kept, strict=True))
            if not crowded or wanted >= min(_MOST_NEAREST, len(self._index)):
                return kept
            wanted *= 4

    def _counting(self, hits: list[Hit], question: Question) -> list[tuple[int, float]]:
        frames = np.array([hit.id for hit in hits], dtype=np.int64)
        # A mapped file that was altered may name any row until it is read to its end.
        rows = np.clip(self._bounds.rows_before(frames) - 1, 0, len(self._items) - 1)
        items = self._items.at(rows).tolist()
        named = ((item, hit.distance) for item, hit in zip(items, hits, strict=True))
        return list(compress(named, question.which(items)))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write the frames and whose they are; returns the number of the next frame."""
        self._index.save(folder / file_name(METHOD))
        owners = folder / file_name(METHOD, "owners")
        owners.mkdir()
        self._bounds.save(owners, "bounds")
        self._items.save(owners, "items")
        return {"next": self._next}

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        owners = folder / file_name(METHOD, "owners")
        self._bounds.load(owners, "bounds")
        self._items.load(owners, "items")
        if len(self._bounds) != len(self._items) + 1 or not isinstance(notes.get("next"), int):
            raise SnapshotInvalid(f"The index file {owners.name} is of another shape.")
        self._next = notes["next"]
        self._index = self._make_index(Metric.HAMMING, _WIDTH)
        self._index.load(folder / file_name(METHOD))


def suffices(found: Alike, known: Calibration) -> bool:
    """One frame in common is a shared title card, unless there are hardly any others."""
    return found.evidence >= known.threshold and (found.pairs >= 2 or found.possible <= _FEW_RUNS)


def _match(item_no: int, found: Alike, view: int) -> RawMatch:
    seen = ", turned or mirrored," if view else ""
    why = (
        f"{found.when.sentence()}: {found.pairs} different frames{seen} look the same there, "
        f"{found.distance:.0f} of 256 PDQ bits apart on average, up to {ALIKE} count."
    )
    score = min(0.9999, max(0.0, round(1 - found.distance / 128, 4)))
    return RawMatch(item_no, METHOD, score, round(found.distance, 4), float(ALIKE), why)
