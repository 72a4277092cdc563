"""Two texts compared letter by letter: decides on what the projections propose.

Three questions, each with a threshold of its own, since each finds what the others miss: do they share their
short sequences of letters (survives moved clauses), are their letters the same in the same order (survives
a typing mistake in every word), does one hold the other, or most of it, as a passage?
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from detector.calibration import for_method
from detector.fingerprints.shingles import LONG_METHOD, SHORT_LIMIT, SHORT_METHOD

ORDER_METHOD = "order/1"
PASSAGE_METHOD = "passage/1"
SHORTEST_PASSAGE = 30
"""Skeleton characters; common phrases ("call me when you get the chance") are about as long."""
_SIZES = {SHORT_METHOD: 3, LONG_METHOD: 8}
_PASSAGE_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Finding:
    """The check that two texts passed best: its method, distance and threshold, and the share of the longer
    text that it speaks about (1.0 but for a passage)."""

    method: str
    distance: float
    threshold: float
    share: float = 1.0


class Recheck:
    """One text's skeleton, to be compared with many; `method` is the projection that proposes them."""

    def __init__(self, method: str, skeleton: str) -> None:
        self.method = method
        self.skeleton = skeleton
        self._counts = _counts(skeleton, _SIZES[method])

    def compare(self, other: str) -> Finding | None:
        """What the two have in common; None where they pass no check."""
        found = [self._shared(other)]
        if max(len(self.skeleton), len(other)) <= SHORT_LIMIT:
            found += [self._order(other), self._passage(other)]
        passed = [each for each in found if each is not None and each.distance <= each.threshold]
        return min(passed, key=lambda each: each.distance - each.threshold + 1 - each.share, default=None)

    def _shared(self, other: str) -> Finding | None:
        known = for_method(self.method, 0)
        if known is None:
            return None
        return Finding(
            self.method, _apart(self._counts, _counts(other, _SIZES[self.method])), known.threshold
        )

    def _order(self, other: str) -> Finding | None:
        known = for_method(ORDER_METHOD, 0)
        if known is None:
            return None
        likeness = fuzz.ratio(self.skeleton, other, score_cutoff=100 * (1 - known.threshold))
        return Finding(ORDER_METHOD, 1 - likeness / 100, known.threshold)

    def _passage(self, other: str) -> Finding | None:
        known = for_method(PASSAGE_METHOD, 0)
        short, long = sorted((self.skeleton, other), key=len)
        if known is None or not is_passage(short, long):
            return None
        likeness = fuzz.partial_ratio(short, long, score_cutoff=100 * (1 - known.threshold))
        return Finding(PASSAGE_METHOD, 1 - likeness / 100, known.threshold, len(short) / len(long))


def is_passage(short: str, long: str) -> bool:
    """Whether the lengths are those of a passage and what holds it."""
    return SHORTEST_PASSAGE <= len(short) <= _PASSAGE_SHARE * len(long)


def apart(first: str, second: str, size: int) -> float:
    """1 - cosine of the two skeletons' counts of `size`-letter shingles, each count by its square root."""
    return _apart(_counts(first, size), _counts(second, size))


_Counts = tuple[NDArray[np.uint64], NDArray[np.float64], float]


def _counts(skeleton: str, size: int) -> _Counts:
    """Different shingles (hashed to 64 bits, sorted), the roots of their counts, and the norm of those."""
    codes = np.frombuffer(skeleton.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    if len(codes) < size:
        codes = np.pad(codes, (0, size - len(codes)))
    hashed = np.zeros(len(codes) - size + 1, dtype=np.uint64)
    for offset in range(size):
        hashed = hashed * np.uint64(0x9E3779B97F4A7C15) + codes[offset : offset + len(hashed)]
    different, counts = np.unique(hashed, return_counts=True)
    return different, np.sqrt(counts), float(np.sqrt(len(hashed)))


def _apart(first: _Counts, second: _Counts) -> float:
    """1 - cosine of the two's shingle counts, each by its square root."""
    _, here, there = np.intersect1d(first[0], second[0], assume_unique=True, return_indices=True)
    return max(0.0, 1.0 - float(first[1][here] @ second[1][there]) / (first[2] * second[2]))
