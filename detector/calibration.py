"""Each method's threshold, and how it was set: numbers come from data, never from taste.

calibration.json is written by `python -m detector.calibrate` from tuning data alone, and carries the
measurement beside each number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from detector.index.port import Metric

_SHIPPED = Path(__file__).with_name("calibration.json")
_UNKNOWN_MODEL_THRESHOLD = 0.15
ASKED_SHARE = 0.75
"""A text may be asked with from this share of the floor that it would have to reach to be kept: what is cut
short still finds the whole."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one near-duplicate method decides.

    `width` is bytes a code or dimensions; a distance above `threshold` (bits, or 1 - cosine) is no match;
    a fingerprint of quality under `floor` is neither stored nor asked with. `evidence` says how it was set.
    `reach` is set where the index only proposes: items up to that distance are then compared exactly.
    `weights` are those of a logistic regression that makes one probability of several measurements.
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


def for_method(method: str, width: int) -> Calibration | None:
    """The calibration of a method, or None where it is not a near-duplicate method.

    A model of the operator's own ("st-…") that nobody has calibrated gets a strict threshold of 0.15.
    """
    known = shipped().get(method)
    if known is not None or not method.startswith("st-"):
        return known
    evidence = {"set": "not measured: a strict default for a model nobody has calibrated"}
    return Calibration(method, Metric.COSINE, width, _UNKNOWN_MODEL_THRESHOLD, 60, evidence)
