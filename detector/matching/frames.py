"""Two videos laid on each other: which runs of frames look alike, and at which shift in time most agree.

Each pair of alike runs allows a range of shifts, from the last moment of one beside the first of the other
to the reverse; the shift that most pairs allow is where the two lie on each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.video import Runs
from detector.matching.timeline import Alignment

ALIKE = 62
"""PDQ bits that may differ between two frames of the same picture: logos and captions cost many."""
SPEEDS = (1.0, 1.02, 0.98, 1.04, 0.96, 1.06, 0.94)
_MOST_ASKED = 1_000
_STEP = 0.5  # seconds a shift
_FULL = 70.0  # bits: a pair of equal frames gives 7, one at the limit 0.8


@dataclass(frozen=True, slots=True)
class Alike:
    """What two videos have in common. `evidence` sums up how much nearer than 70 bits the pairs are, in tens
    of bits; `pairs` runs out of `possible` agree, `distance` bits apart on average."""

    evidence: float
    pairs: int
    possible: int
    distance: float
    when: Alignment


def compare(asked: Runs, view: int, other: Runs) -> Alike | None:
    """The best common stretch, the asked frames seen in one of their eight views; None without one."""
    step = max(1, -(-len(asked) // _MOST_ASKED))
    rows = np.arange(0, len(asked), step)
    first, second, bits = _pairs(asked.codes[rows, view], other.codes[:, 0])
    if not len(first):
        return None
    first = rows[first]
    best: Alike | None = None
    for speed in SPEEDS:
        low = other.starts[second] - speed * asked.ends[first]
        high = other.ends[second] - speed * asked.starts[first]
        shift = _most_agreed(low, high, np.maximum(0.1, _FULL - bits))
        held = (low <= shift) & (shift <= high)
        found = _alike(asked, other, (first[held], second[held], bits[held]), speed, shift)
        if found is not None and (best is None or found.evidence > best.evidence * 1.02):
            best = found
    return best


def _pairs(asked: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[NDArray[np.int64], ...]:
    """(asked run, other run, bits apart) of all pairs alike, a block at a time: memory stays bounded."""
    mine = np.ascontiguousarray(asked).view(np.uint64)
    theirs = np.ascontiguousarray(other).view(np.uint64)
    found = []
    for start in range(0, len(mine), 64):
        block = mine[start : start + 64]
        bits = np.bitwise_count(block[:, None, :] ^ theirs[None, :, :]).sum(axis=2, dtype=np.int64)
        near = np.argwhere(bits <= ALIKE)
        found.append((near[:, 0] + start, near[:, 1], bits[near[:, 0], near[:, 1]]))
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    return tuple(np.concatenate([part[side] for part in found]) for side in range(3))


def _most_agreed(low: NDArray[np.float64], high: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """The shift, in steps of half a second, that the most weight allows; the middle one of equals."""
    base = float(low.min())
    starts = np.ceil((low - base) / _STEP).astype(np.int64)
    ends = np.maximum(starts, np.floor((high - base) / _STEP).astype(np.int64))
    change = np.zeros(int(ends.max()) + 2)
    np.add.at(change, starts, weight)
    np.add.at(change, ends + 1, -weight)
    level = np.cumsum(change)
    top = np.flatnonzero(level >= level.max() - 1e-6)
    return base + _STEP * float(top[len(top) // 2])


def _alike(
    asked: Runs,
    other: Runs,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    speed: float,
    shift: float,
) -> Alike | None:
    """The pairs at one shift, each run of either video counted once, by its nearest."""
    mine: set[int] = set()
    theirs: set[int] = set()
    distances: list[int] = []
    for at in np.argsort(pairs[2], kind="stable"):
        one, two = int(pairs[0][at]), int(pairs[1][at])
        if one not in mine and two not in theirs:
            mine.add(one)
            theirs.add(two)
            distances.append(int(pairs[2][at]))
    if not mine:
        return None
    start = max(float(asked.starts[min(mine)]), (float(other.starts[min(theirs)]) - shift) / speed)
    end = min(float(asked.ends[max(mine)]), (float(other.ends[max(theirs)]) - shift) / speed)
    start, end = min(start, end), max(start, end)
    when = Alignment(start, end, max(0.0, speed * start + shift), max(0.0, speed * end + shift), speed)
    evidence = float(sum(_FULL - bits for bits in distances)) / 10
    return Alike(evidence, len(mine), min(len(asked), len(other)), float(np.mean(distances)), when)
