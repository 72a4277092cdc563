"""What a benchmark found of one contender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Scored:
    """One contender: recall (0 to 1) by edit, the share of questions that met something unrelated, and
    (false share, mean recall over the named edits) for a range of thresholds."""

    name: str
    recall: Mapping[str, float]
    false_share: float
    curve: list[tuple[float, float]]

    def mean(self, names: Sequence[str]) -> float:
        """Mean recall over these edits."""
        return float(np.mean([self.recall[name] for name in names]))
