"""One probability of all that was measured of two pictures."""

import math
from collections.abc import Mapping

from detector.geometry import Agreement

METHOD = "image/1"
"""Local features in the same arrangement, weighed together with the hashes and vectors that proposed them."""

_FAR_PDQ = 128.0
CAP = 0.9999
"""Only equal digests are certain."""


def measured(agreement: Agreement, nearest: Mapping[str, float]) -> dict[str, float]:
    """The measurements by name; a picture that PDQ did not propose counts as far by it.

    The vectors' distances are no measurement here: they added nothing on tuning data, and so a new embedding
    needs no new weights.
    """
    return {
        "inliers": math.log2(agreement.inliers),
        "share": agreement.inliers / agreement.pairs,
        "coverage": math.sqrt(agreement.coverage),
        "look": agreement.look,
        "pdq": min(nearest.get("pdq", _FAR_PDQ), _FAR_PDQ) / _FAR_PDQ,
    }


def probability(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The logistic regression's answer; `weights` has one for each value and a "constant"."""
    total = weights["constant"] + sum(weights[name] * value for name, value in values.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))
