"""A match that a distance alone decides."""

from detector import evidence
from detector.calibration import Calibration
from detector.index.port import Hit
from detector.matching.finding import RawMatch


def by_distance(calibration: Calibration, hit: Hit, *, view: str = "") -> RawMatch:
    """The match at a hit's distance; `view` is the method of the print it was asked with."""
    method, threshold = calibration.method, calibration.threshold
    return RawMatch(
        item_no=hit.id,
        method=method,
        # Only equal digests score 1: two pictures can share a hash.
        score=min(0.9999, calibration.score(hit.distance)),
        distance=round(hit.distance, 4),
        threshold=threshold,
        why=evidence.why_near(method, hit.distance, threshold, view=view),
    )
