"""Which stored pictures are worth comparing point by point: the nearest by every print asked with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.pdq import INVERTED_METHOD as PDQ_INVERTED
from detector.fingerprints.vlad import INVERTED_METHOD as VLAD_INVERTED
from detector.index.port import Hit

MOST_JUDGED = 20
"""Pictures compared point by point for one question: bounds its cost, and its chance of a false match."""

_INVERTED = frozenset({PDQ_INVERTED, VLAD_INVERTED})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stored picture to be judged: its least distance by each kind of print asked with ("pdq", "vlad",
    "copydet"), and whether to look for its negative, or for itself, or both."""

    item_no: int
    nearest: Mapping[str, float]
    upright: bool
    inverted: bool


@dataclass(slots=True)
class Proposals:
    """Gathers what the indexes answer. Each method asked with gets its turn, nearest first, until enough."""

    _hits: dict[str, list[Hit]] = field(default_factory=dict)

    def add(self, asked: Fingerprint, hits: list[Hit]) -> None:
        """What was near a fingerprint."""
        self._hits.setdefault(asked.method, []).extend(hits)

    def chosen(self) -> list[Proposal]:
        """At most MOST_JUDGED of them, in a stable order."""
        queues = [
            sorted(hits, key=lambda hit: (hit.distance, hit.id)) for _, hits in sorted(self._hits.items())
        ]
        order = dict.fromkeys(hit.id for turn in zip_longest(*queues) for hit in turn if hit is not None)
        return [self._proposal(item_no) for item_no in list(order)[:MOST_JUDGED]]

    def _proposal(self, item_no: int) -> Proposal:
        nearest: dict[str, float] = {}
        upright = inverted = False
        for method, hits in self._hits.items():
            found = [hit.distance for hit in hits if hit.id == item_no]
            if found:
                kind = method.split("/")[0].split("-")[0]
                nearest[kind] = min(nearest.get(kind, min(found)), *found)
                upright |= method not in _INVERTED
                inverted |= method in _INVERTED
        return Proposal(item_no, nearest, upright, inverted)
