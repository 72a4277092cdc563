"""Sound: recordings are proposed by keys that agree at one place, and compared bit by bit there."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.calibration import for_method
from detector.fingerprints.audio import DEAD, METHOD, AskedSound, asked_of, codes_of, keys_of
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.index.postings import PostingsIndex
from detector.matching.finding import Question, RawMatch
from detector.matching.sound import CLEAN_SHARE, WORN_SHARE, Common, compare
from detector.matching.values import ReadValues
from detector.matching.vectors import file_name

MOST_COMPARED = 40
"""Alignments compared for one question: this bounds its cost, and its chance of a false match."""
_MOST_AN_ITEM = 3
_MOST_ENTRIES = 400
_FEWEST_VOTES = 3
_BIN = 8  # stored frames, 0.37 s
_Proposal = tuple[int, int, int, float, float]
"""(votes, item, number of the asked speed, offset, asked place), the last two in stored frames."""


class AudioMatcher:
    """The matcher of sound, a video's track included."""

    def __init__(self, read: ReadValues) -> None:
        self._read = read
        self._index = PostingsIndex()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return (METHOD,) if len(self._index) else ()

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index the keys of recordings that tell something."""
        known = for_method(METHOD, 0)
        for item_no, entries in items:
            for entry in entries:
                if entry.method == METHOD and known is not None and entry.quality >= known.floor:
                    codes = codes_of(entry.value)
                    keys = keys_of(codes)
                    # The same key again and again, in a lasting sound, says no more than once.
                    kept = np.flatnonzero((codes != DEAD) & (keys != np.roll(keys, 1)))
                    self._index.add(item_no, keys[kept], kept)

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        self._index.remove(item_nos)

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The recordings that this one has a stretch in common with."""
        known = for_method(METHOD, 0)
        asked = asked_of(prints.prints)
        if known is None or asked is None or asked[1] < known.floor:
            return []
        limits = {WORN_SHARE: known.threshold, CLEAN_SHARE: known.weights["clean"]}
        best: dict[int, tuple[float, Common]] = {}
        for item, common in self.compared(asked[0], question):
            ratio = common.evidence / limits[common.allowed]
            if ratio >= 1 and (item not in best or ratio > best[item][0]):
                best[item] = (ratio, common)
        return [_match(item, common, limits[common.allowed]) for item, (_, common) in best.items()]

    def compared(self, asked: list[AskedSound], question: Question) -> Iterator[tuple[int, Common]]:
        """Each recording that was proposed, and the stretches in common, be they long enough or not."""
        proposed = self._proposed(asked, question)
        held = self._read(METHOD, {item for _, item, *_ in proposed})
        for _, item, number, offset, around in proposed:
            for common in compare(asked[number], codes_of(held.get(item, b"")), offset, around):
                yield item, common

    def _proposed(self, asked: list[AskedSound], question: Question) -> list[_Proposal]:
        """The alignments with the most votes, at most three an item."""
        votes: list[_Proposal] = []
        for number, each in enumerate(asked):
            votes += self._votes(number, each, question)
        votes.sort(key=lambda vote: (-vote[0], vote[1:]))
        kept: list[_Proposal] = []
        seen: dict[int, int] = {}
        for vote in votes:
            if seen.get(vote[1], 0) < _MOST_AN_ITEM:
                seen[vote[1]] = seen.get(vote[1], 0) + 1
                kept.append(vote)
            if len(kept) >= MOST_COMPARED:
                break
        return kept

    def _votes(self, number: int, asked: AskedSound, question: Question) -> list[_Proposal]:
        living = np.flatnonzero(asked.codes != DEAD)
        keys = _variants(keys_of(asked.codes[living]), asked.uncertain[living])
        which, items, places = self._index.find(keys.reshape(-1), _MOST_ENTRIES)
        if not len(which):
            return []
        frames = living[which // keys.shape[1]] / 2
        offsets = places - frames
        bins = np.floor(offsets / _BIN).astype(np.int64) + (1 << 30)
        # One vote for each frame: variants of one key are not independent.
        once = np.unique(np.stack([items, bins, which // keys.shape[1]]), axis=1, return_index=True)[1]
        pairs, first, back, counts = np.unique(
            np.stack([items[once], bins[once]]),
            axis=1,
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        back = back.reshape(-1)
        best = [
            n for n in np.argsort(-counts, kind="stable")[: 8 * MOST_COMPARED] if counts[n] >= _FEWEST_VOTES
        ]
        proposals: list[_Proposal] = []
        for n in best:
            item = int(pairs[0, n])
            if question.counts(item):
                of_it = once[back == n] if counts[n] < 200 else once[first[n] : first[n] + 1]
                proposals.append(
                    (
                        int(counts[n]),
                        item,
                        number,
                        float(np.median(offsets[of_it])),
                        float(np.median(frames[of_it])),
                    )
                )
        return proposals

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write the keys; there is nothing to be told."""
        self._index.save(folder / file_name(METHOD, "postings"))
        return {}

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        self._index.load(folder / file_name(METHOD, "postings"))


def _variants(keys: NDArray[np.uint32], uncertain: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Each key with its three least certain bits in all eight ways: uint32 (n, 8)."""
    bits = np.uint32(1) << uncertain.astype(np.uint32)
    columns = []
    for way in range(8):
        flips = [bits[:, place] for place in range(3) if way >> place & 1]
        columns.append(keys ^ np.bitwise_or.reduce(flips, axis=0) if flips else keys)
    return np.stack(columns, axis=1)


def _match(item_no: int, common: Common, limit: float) -> RawMatch:
    # The evidence in words of its bits: so many may differ over a stretch of this length.
    allowed = common.allowed - limit / max(common.frames, 1.0)
    differ = f"{common.share:.0%} of its sound's bits differ, up to {allowed:.0%} count as a copy"
    why = f"{common.when.sentence()}: {differ}."
    score = min(0.9999, max(0.0, round(1 - 2 * common.share, 4)))
    return RawMatch(item_no, METHOD, score, round(common.share, 4), round(allowed, 4), why)
