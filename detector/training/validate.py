"""How the held-out pictures are found again after each edit, by the embedding alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.copydet import ImageEmbedder
from detector.training.edits import EDITS
from detector.training.pictures import Pictures

UNRELATED = 0.001
"""Share of queries without an original that may still be answered, for `at_threshold`."""


@dataclass(frozen=True, slots=True)
class Found:
    """Shares of one edit's queries whose original comes first, among the first ten, above the threshold."""

    first: float
    among_ten: float
    at_threshold: float


@dataclass(frozen=True, slots=True)
class Validation:
    """Shares by edit; `threshold` is a cosine, `gallery` the number of originals searched."""

    by_edit: dict[str, Found]
    threshold: float
    gallery: int

    @property
    def mean(self) -> Found:
        """The mean over the edits."""
        rows = [(each.first, each.among_ten, each.at_threshold) for each in self.by_edit.values()]
        first, ten, threshold = np.mean(rows, axis=0)
        return Found(float(first), float(ten), float(threshold))


def validate(embedder: ImageEmbedder, pictures: Pictures, every: int = 1) -> Validation:
    """Ask with every edit of each `every`th held-out picture, among all held-out and training originals.

    The threshold is the cosine that the best wrong answer exceeds in UNRELATED of the queries: what a query
    would come to whose original is not there.
    """
    own = pictures.held_out
    gallery = embedder.embed([*own, *pictures.train])
    asked = list(range(0, len(own), every))
    right: dict[str, NDArray[np.float32]] = {}
    ranks: dict[str, NDArray[np.int64]] = {}
    wrong: list[NDArray[np.float32]] = []
    for name, edit in EDITS.items():
        others = [[pictures.train[(7 * i + 901 * k) % len(pictures.train)] for k in (1, 2, 3)] for i in asked]
        copies = [edit(own[i], beside) for i, beside in zip(asked, others, strict=True)]
        near = embedder.embed(copies) @ gallery.T
        right[name] = near[np.arange(len(asked)), asked].copy()
        for row, i in enumerate(asked):  # what lies beside or under a copy is no wrong answer
            near[row, [len(own) + (7 * i + 901 * k) % len(pictures.train) for k in (1, 2, 3)]] = -1
        near[np.arange(len(asked)), asked] = -1
        ranks[name] = (near > right[name][:, None]).sum(1)
        wrong.append(near.max(1))
    threshold = float(np.quantile(np.concatenate(wrong), 1 - UNRELATED))
    by_edit = {
        name: Found(
            float((ranks[name] == 0).mean()),
            float((ranks[name] < 10).mean()),
            float((right[name] > threshold).mean()),
        )
        for name in EDITS
    }
    return Validation(by_edit, threshold, len(gallery))
