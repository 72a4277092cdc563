"""Two recordings laid on each other: how many bits of their sub-fingerprints differ, and from where to where.

Each pair of frames gives 0.40 less the share of its bits that differ; the stretch where the sum of that is
greatest (Bentley, "Programming Pearls", 1984) is what the two have in common, and the sum is the evidence:
unrelated sound differs in about half of its bits, and gathers none. Now and then two unrelated pieces of the
same tempo and key differ in a little less than 0.40 for a minute, and gather as much as a clean excerpt of
five seconds does. So the same is summed with 0.32, where such a pair gathers nearly nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.audio import DEAD, SECONDS_A_FRAME, AskedSound, Codes
from detector.matching.timeline import Alignment

WORN_SHARE, CLEAN_SHARE = 0.40, 0.32
"""Bits that may differ before a frame speaks against: of long stretches, and of short ones."""
_DRIFTS = (0.0, 0.0025, -0.0025, 0.005, -0.005, 0.0075, -0.0075)
_WITHIN = 8  # half frames to both sides of where the votes put it
_MARGIN_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Common:
    """What two recordings have in common. `evidence` is in frames (46 ms), each counted by how much fewer
    than the `allowed` share of its bits differ; `share` of the bits differ in `frames` compared."""

    allowed: float
    evidence: float
    share: float
    frames: float
    when: Alignment


def compare(asked: AskedSound, other: Codes, offset: float, around: float) -> list[Common]:
    """The common stretch at the best alignment near `offset`, the place (in stored frames) in `other` of the
    asked sound's beginning, by each allowed share for which anything speaks for one: WORN_SHARE first.

    `around` is the asked place (in stored frames) of a vote: only 90 s to both sides of it are tried for the
    alignment, all of it is compared.
    """
    near = _near(asked, around)
    best: tuple[float, float, float] | None = None
    for drift, shift in _alignments():
        places = _places(near, offset + shift / 2, 1 + drift, around)
        evidence = _stretch(asked.codes[near], other, places, WORN_SHARE)[0]
        if best is None or evidence > best[0]:
            best = (evidence, drift, shift)
        if drift == 0 and shift == _WITHIN and best[0] <= 0.5:
            return []
    if best is None:
        return []
    every = np.arange(len(asked.codes))
    places = _places(every, offset + best[2] / 2, 1 + best[1], around)
    found = (_common(asked, other, places, best[1], allowed) for allowed in (WORN_SHARE, CLEAN_SHARE))
    return [common for common in found if common is not None]


def _common(
    asked: AskedSound, other: Codes, places: NDArray[np.int64], drift: float, allowed: float
) -> Common | None:
    evidence, first, last, share, frames = _stretch(asked.codes, other, places, allowed)
    if evidence <= 0:
        return None
    # A second of the copy is `speed` seconds of the original, and a frame here was already scaled by it.
    begin, end = first / 2, (last + 1) / 2
    when = Alignment(
        begin * SECONDS_A_FRAME / asked.speed,
        end * SECONDS_A_FRAME / asked.speed,
        float(places[first]) * SECONDS_A_FRAME,
        float(places[last] + 1) * SECONDS_A_FRAME,
        round(asked.speed * (1 + drift), 4),
    )
    return Common(allowed, evidence / 2, share, frames / 2, when)


def _near(asked: AskedSound, around: float) -> NDArray[np.int64]:
    reach = _MARGIN_SECONDS / SECONDS_A_FRAME
    first = max(0, int(2 * (around - reach)))
    return np.arange(first, min(len(asked.codes), int(2 * (around + reach)) + 1))


def _alignments() -> Iterator[tuple[float, int]]:
    for drift in _DRIFTS:
        for shift in range(-_WITHIN, _WITHIN + 1):
            yield drift, shift


def _places(frames: NDArray[np.int64], offset: float, pace: float, around: float) -> NDArray[np.int64]:
    """The stored frame beside each asked one; they turn about the vote's place as the pace changes."""
    return np.floor(offset + around + (frames / 2 - around) * pace + 0.5).astype(np.int64)


def _stretch(
    codes: Codes, other: Codes, places: NDArray[np.int64], allowed: float
) -> tuple[float, int, int, float, int]:
    """(evidence, first, last, share of bits that differ, frames compared) of the best stretch."""
    inside = (places >= 0) & (places < len(other))
    beside = other[np.where(inside, places, 0)] if len(other) else np.zeros(len(codes), np.uint32)
    counts = inside & (codes != DEAD) & (beside != DEAD)
    differ = np.bitwise_count(codes ^ beside) / 32
    sums = np.concatenate([[0.0], np.cumsum(np.where(counts, allowed - differ, 0.0))])
    rises = sums - np.minimum.accumulate(sums)
    end = int(np.argmax(rises))
    # The last of equal lows: what lies beside nothing is no part of it.
    start = end - int(np.argmin(sums[end::-1]))
    if end == start:
        return 0.0, 0, 0, 1.0, 0
    compared = counts[start:end]
    share = float(differ[start:end][compared].mean()) if compared.any() else 1.0
    return float(rises[end]), start, end - 1, share, int(compared.sum())
