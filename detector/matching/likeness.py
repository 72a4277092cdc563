"""A match that a distance alone decides."""

from detector import evidence
from detector.calibration import Calibration
from detector.index.port import Hit
from detector.matching.finding import RawMatch


def by_distance(calibration: Calibration, hit: Hit, *, turned: bool = False) -> RawMatch:
    """The match at a hit's distance; `turned` says that it was asked for turned or mirrored."""
    method, threshold = calibration.method, calibration.threshold
    return RawMatch(
        item_no=hit.id,
        method=method,
        # Only equal digests score 1: two pictures can share a hash.
        score=min(0.9999, calibration.score(hit.distance)),
        distance=round(hit.distance, 4),
        threshold=threshold,
        why=evidence.why_near(method, hit.distance, threshold, turned=turned),
    )
