"""One probability of all that was measured of two pictures."""

import math
from collections.abc import Mapping

from detector.geometry import Agreement

METHOD = "image/1"
"""Local features in the same arrangement, weighed together with the hashes and vectors that proposed them."""

_FAR_PDQ, _FAR_COSINE = 128.0, 1.0
CAP = 0.9999
"""Only equal digests are certain."""


def measured(agreement: Agreement, nearest: Mapping[str, float]) -> dict[str, float]:
    """The measurements by name; what proposed them by no such print counts as an unrelated one."""
    return {
        "inliers": math.log2(agreement.inliers),
        "share": agreement.inliers / agreement.pairs,
        "coverage": math.sqrt(agreement.coverage),
        "likeness": agreement.likeness,
        "look": agreement.look,
        "pdq": min(nearest.get("pdq", _FAR_PDQ), _FAR_PDQ) / _FAR_PDQ,
        "vector": min(nearest.get("vlad", _FAR_COSINE), _FAR_COSINE),
    }


def probability(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The logistic regression's answer; `weights` has one for each value and a "constant"."""
    total = weights["constant"] + sum(weights[name] * value for name, value in values.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))
