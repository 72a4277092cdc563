"""Two items compared by every method that they share: what a decision on them teaches about thresholds."""

import numpy as np
from rapidfuzz import fuzz

from detector.calibration import Calibration, for_method
from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.shingles import LONG_METHOD, SHORT_LIMIT, SHORT_METHOD, SKELETON_METHOD, unpacked
from detector.index.port import Metric
from detector.recheck import ORDER_METHOD, PASSAGE_METHOD, apart, is_passage

_SHINGLES = {SHORT_METHOD: 3, LONG_METHOD: 8}


def distances(first: Fingerprints, second: Fingerprints) -> dict[str, float]:
    """The distance of two items by each calibrated method that both have, in the method's own unit.

    Texts are compared by their letters, as the matcher does, and by what a model says that they mean. Values
    of different lengths, and methods that decide by more than a distance, are left out.
    """
    there = {entry.method: entry.value for entry in second.prints}
    found: dict[str, float] = {}
    for entry in first.prints:
        other = there.get(entry.method)
        if other is None or len(other) != len(entry.value):
            continue
        calibration = for_method(entry.method, len(entry.value) // 4)
        if calibration is not None and not calibration.reach:
            distance = _distance(calibration, entry.value, other)
            if distance is not None:
                found[entry.method] = round(distance, 4)
    bones = [
        unpacked(e.value) for prints in (first, second) for e in prints.prints if e.method == SKELETON_METHOD
    ]
    if len(bones) == 2 and all(bones):
        found |= _letters(bones[0], bones[1], {entry.method for entry in first.prints} & set(there))
    return found


def _distance(calibration: Calibration, first: bytes, second: bytes) -> float | None:
    if calibration.metric is Metric.HAMMING:
        bits = np.frombuffer(first, dtype=np.uint8) ^ np.frombuffer(second, dtype=np.uint8)
        return float(np.unpackbits(bits).sum())
    if calibration.metric is Metric.COSINE and len(first) % 4 == 0:
        return float(1 - np.frombuffer(first, dtype="<f4") @ np.frombuffer(second, dtype="<f4"))
    return None


def _letters(first: str, second: str, shared: set[str]) -> dict[str, float]:
    found = {
        method: round(apart(first, second, size), 4) for method, size in _SHINGLES.items() if method in shared
    }
    if max(len(first), len(second)) <= SHORT_LIMIT:
        short, long = sorted((first, second), key=len)
        found[ORDER_METHOD] = round(1 - fuzz.ratio(first, second) / 100, 4)
        if is_passage(short, long):
            found[PASSAGE_METHOD] = round(1 - fuzz.partial_ratio(short, long) / 100, 4)
    return found
