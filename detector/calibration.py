"""Each method's threshold, and how it was set: numbers come from data, never from taste.

calibration.json is written by `python -m detector.calibrate` from tuning data alone, and carries the
measurement beside each number. An installation's own thresholds, made from what its moderators decided, lie
over it (detector/recalibration.py).
"""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

from detector.errors import CalibrationInvalid
from detector.index.port import Metric
from detector.similarity import Calibrated

_SHIPPED = Path(__file__).with_name("calibration.json")
_UNKNOWN_MODEL_THRESHOLD = 0.15
_ONE_SIDED_95 = 1.6449
ASKED_SHARE = 0.75
"""A text may be asked with from this share of the floor that it would have to reach to be kept: what is cut
short still finds the whole."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one near-duplicate method decides.

    `width` is bytes a code or dimensions; a distance above `threshold` (bits, or 1 - cosine) is no match;
    a fingerprint of quality under `floor` is neither stored nor asked with. `evidence` says how it was set.
    `reach` is set where the index only proposes: items up to that distance are then compared exactly.
    `weights` are those of a logistic regression that makes one probability of several measurements; of sound,
    the threshold of short stretches ("clean").
    """

    method: str
    metric: Metric
    width: int
    threshold: float
    floor: int
    evidence: Mapping[str, Any]
    reach: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)

    def score(self, distance: float) -> float:
        """Likeness from 1 (the same) to 0 (as far as two unrelated items are on average)."""
        unrelated = self.width * 4.0 if self.metric is Metric.HAMMING else 1.0
        return round(max(0.0, min(1.0, 1.0 - distance / unrelated)), 4)


@cache
def shipped() -> Mapping[str, Calibration]:
    """The calibrations in calibration.json, by method."""
    data = json.loads(_SHIPPED.read_text())
    return {
        method: Calibration(
            method=method,
            metric=Metric(entry["metric"]),
            width=int(entry["width"]),
            threshold=float(entry["threshold"]),
            floor=int(entry["floor"]),
            evidence=entry.get("evidence", {}),
            reach=float(entry.get("reach", 0)),
            weights=entry.get("weights", {}),
        )
        for method, entry in data["methods"].items()
    }


class _InForce:
    """The thresholds that this process decides by."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.path: Path | None = None
        self.mark: tuple[int, int, int] | None = None
        self.own: Mapping[str, float] = {}
        self.methods: Mapping[str, Calibration] | None = None


_in_force = _InForce()


def use(path: Path | None) -> None:
    """Lay the thresholds in the file at `path`, where there is one, over the shipped ones.

    Cheap to call before every question: the file is read when it has changed. None: the shipped ones alone.
    Raises CalibrationInvalid; what was in force stays.
    """
    try:
        stat = path.stat() if path is not None else None
    except OSError:
        stat = None
    mark = (stat.st_ino, stat.st_size, stat.st_mtime_ns) if stat is not None else None
    with _in_force.lock:
        if (path, mark) != (_in_force.path, _in_force.mark):
            # Noted first: a file that cannot be read is complained of once.
            _in_force.path, _in_force.mark = path, mark
            own = read_own(path) if path is not None and mark is not None else {}
            _in_force.own, _in_force.methods = own, _laid_over(own)


def read_own(path: Path) -> dict[str, float]:
    """An installation's own thresholds by method. Raises CalibrationInvalid."""
    try:
        held = json.loads(path.read_text())["thresholds"]
        own = {str(method): float(threshold) for method, threshold in held.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CalibrationInvalid(f"The thresholds in {path.name} cannot be read.") from error
    known = shipped()
    for method, threshold in own.items():
        if method not in known or not 0 <= threshold <= loosest(known[method]):
            raise CalibrationInvalid(f"The threshold of {method} in {path.name} is none that can be used.")
    return own


def loosest(calibration: Calibration) -> float:
    """The largest threshold that the shipped measurement answers for."""
    evidence = calibration.evidence
    least = evidence.get("least_distance_unrelated", evidence.get("least_distance_among_them"))
    return max(calibration.threshold, float(least) if least is not None else 0.0)


def _laid_over(own: Mapping[str, float]) -> Mapping[str, Calibration] | None:
    if not own:
        return None
    return {
        method: replace(one, threshold=own[method]) if method in own else one
        for method, one in shipped().items()
    }


def in_force() -> Mapping[str, Calibration]:
    """The calibrations that decide now, by method."""
    return _in_force.methods or shipped()


def digest() -> str:
    """SHA-256 (hex) of every threshold in force: what a verdict names."""
    return digest_of(_in_force.own)


def digest_of(own: Mapping[str, float]) -> str:
    """The digest that `own` thresholds, laid over the shipped ones, give."""
    laid = json.dumps(dict(sorted(own.items()))) if own else ""
    return hashlib.sha256(f"{_shipped_digest()}\n{laid}".encode()).hexdigest()


@cache
def _shipped_digest() -> str:
    return hashlib.sha256(_SHIPPED.read_bytes()).hexdigest()


def stated(calibration: Calibration) -> Calibrated:
    """How a method's threshold was set, for whoever reads a verdict."""
    evidence = calibration.evidence
    queries = evidence.get("queries")
    false = evidence.get("false_matches")
    size = evidence.get("index_size")
    rate = None if queries is None or false is None else round(at_most(int(false), int(queries)), 6)
    return Calibrated(
        method=calibration.method,
        threshold=calibration.threshold,
        rate=rate,
        queries=queries,
        false_matches=false,
        index_size=size,
        set_on=str(evidence.get("set_on") or evidence.get("set") or ""),
    )


def stated_for(methods: Iterable[str]) -> tuple[Calibrated, ...]:
    """The same of all these methods that are calibrated, and of the checks that texts go through besides."""
    known = in_force()
    asked = set(methods)
    if any(known[method].reach for method in asked & set(known)):
        asked |= {method for method, one in known.items() if one.metric is Metric.EDIT}
    return tuple(stated(known[method]) for method in sorted(asked & set(known)))


def at_most(false: int, queries: int) -> float:
    """The upper end of a share that was seen `false` times in `queries`, with 95 % confidence, one-sided.

    Wilson's score interval (Wilson 1927), which stands where nothing was seen at all.
    """
    if queries <= 0:
        return 1.0
    share, z2 = false / queries, _ONE_SIDED_95 * _ONE_SIDED_95
    spread = _ONE_SIDED_95 * sqrt(share * (1 - share) / queries + z2 / (4 * queries * queries))
    return min(1.0, (share + z2 / (2 * queries) + spread) / (1 + z2 / queries))


def for_method(method: str, width: int) -> Calibration | None:
    """The calibration of a method, or None where it is not a near-duplicate method.

    A model of the operator's own ("st-…") that nobody has calibrated gets a strict threshold of 0.15.
    """
    known = in_force().get(method)
    if known is not None or not method.startswith("st-"):
        return known
    evidence = {"set": "not measured: a strict default for a model nobody has calibrated"}
    return Calibration(method, Metric.COSINE, width, _UNKNOWN_MODEL_THRESHOLD, 60, evidence)
