"""What is asked of the matchers, and what they answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.similarity import Region

MOST_MATCHES = 50
_MANY, _BLOCK = 64, 4_096


@dataclass(frozen=True, slots=True)
class RawMatch:
    """A near-duplicate by item number; fields as in similarity.Match.

    `telling` is false where both are equal but too short or too plain for that to mean anything ("thanks!",
    a blank picture): shown, never grouped into a campaign. `region` is set where geometry decided.
    """

    item_no: int
    method: str
    score: float
    distance: float
    threshold: float
    why: str
    telling: bool = True
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Which items count, by their numbers, and at most how many are wanted.

    `count` says the same of many at once, where that is known faster.
    """

    counts: Callable[[int], bool]
    limit: int = MOST_MATCHES
    count: Callable[[NDArray[np.int64]], NDArray[np.bool_]] | None = None

    def which(self, items: Sequence[int]) -> list[bool]:
        """Whether each of these counts."""
        if self.count is None or len(items) < _MANY:
            return [self.counts(item) for item in items]
        found: list[bool] = self.count(np.array(items, np.int64)).tolist()
        return found

    def first(self, items: Sequence[int]) -> list[int]:
        """The first `limit` of these that count."""
        kept: list[int] = []
        for start in range(0, len(items), _BLOCK):
            block = items[start : start + _BLOCK]
            kept += compress(block, self.which(block))
            if len(kept) >= self.limit:
                break
        return kept[: self.limit]


class MediumMatcher(Protocol):
    """The matcher of one medium. Not safe to change and ask at once: the caller holds a lock."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index what concerns this medium of many items; each number was never used before."""

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good; unknown ones are ignored."""

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """What the item resembles, in any order; an item may be found by several methods."""

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write files of its own into `folder`; returns what load() has to be told, as JSON can say it."""

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid, and then holds nothing to rely on."""
