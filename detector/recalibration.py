"""An installation's own thresholds, from what its moderators decided: proposed first, applied when told to.

A threshold moves to where fewest decisions contradict it, and of those places to the nearest. It never gets
looser than the shipped measurement answers for (the least distance of unrelated items), so the stated rate
of false matches stays an upper bound of what was measured.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.calibration import Calibration, digest_of, in_force, loosest, shipped
from detector.index.port import Metric

LEAST_DECISIONS = 5
"""On fewer than these a method's threshold does not move: one slip must not decide for everybody."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision as far as thresholds go: its id, the word, and the two's distance by method."""

    id: str
    same: bool
    distances: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Move:
    """What would become of one method's threshold. `against_…` counts the decisions that contradict it."""

    method: str
    now: float
    then: float
    same: int
    not_same: int
    against_now: int
    against_then: int


@dataclass(frozen=True, slots=True)
class Change:
    """A decision whose pair would be matched, by any method, where it was not, or the other way round."""

    id: str
    same: bool
    matched_now: bool
    matched_then: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """New thresholds, what moves, which decisions fare otherwise; `digest` is what verdicts would name."""

    thresholds: Mapping[str, float]
    moves: tuple[Move, ...]
    changes: tuple[Change, ...]
    digest: str


def propose(decisions: Sequence[Judged]) -> Proposal:
    """What these decisions make of the thresholds in force; changes nothing."""
    now = {method: one.threshold for method, one in in_force().items()}
    own = {method: limit for method, limit in now.items() if limit != shipped()[method].threshold}
    moves = []
    for method, calibration in sorted(shipped().items()):
        judged = [(d.distances[method], d.same) for d in decisions if method in d.distances]
        if len(judged) < LEAST_DECISIONS:
            continue
        then = _best(judged, now[method], calibration)
        move = _move(method, judged, now[method], then)
        moves.append(move)
        own[method] = then
        if then == calibration.threshold:
            own.pop(method)
    after = now | {method: one.threshold for method, one in shipped().items()} | own
    changes = [
        Change(each.id, each.same, _matched(each, now), _matched(each, after))
        for each in decisions
        if _matched(each, now) != _matched(each, after)
    ]
    return Proposal(own, tuple(moves), tuple(changes), digest_of(own))


def _move(method: str, judged: Sequence[tuple[float, bool]], now: float, then: float) -> Move:
    same = sum(1 for _, said in judged if said)
    against = (_against(judged, now), _against(judged, then))
    return Move(method, now, then, same, len(judged) - same, *against)


def _best(judged: Iterable[tuple[float, bool]], now: float, calibration: Calibration) -> float:
    """The place that fewest contradict; candidates lie just over each distance, and just under it."""
    step = 1.0 if calibration.metric is Metric.HAMMING else 0.0001
    limit = loosest(calibration)
    listed = list(judged)
    places = {now} | {round(d, 4) for d, _ in listed} | {round(d - step, 4) for d, _ in listed}
    fit = [place for place in places if 0 <= place < limit or place == now]
    return min(fit, key=lambda place: (_against(listed, place), abs(place - now), place))


def _against(judged: Iterable[tuple[float, bool]], threshold: float) -> int:
    return sum(1 for distance, same in judged if (distance <= threshold) != same)


def _matched(judged: Judged, thresholds: Mapping[str, float]) -> bool:
    return any(d <= thresholds[method] for method, d in judged.distances.items() if method in thresholds)


def write(path: Path, proposal: Proposal, decided_on: int) -> None:
    """Make a proposal the installation's own thresholds, atomically; an empty one removes the file."""
    if not proposal.thresholds:
        path.unlink(missing_ok=True)
        return
    held = {
        "version": 1,
        "thresholds": dict(sorted(proposal.thresholds.items())),
        "decisions": decided_on,
        "digest": proposal.digest,
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(held, indent=2) + "\n")
    fresh.replace(path)
