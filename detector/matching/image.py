"""Pictures: by PDQ, upright and in its seven turned and mirrored views."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.fingerprints.pdq import TURNED_METHOD
from detector.matching.admission import admitted
from detector.matching.finding import Question, RawMatch
from detector.matching.likeness import by_distance
from detector.matching.vectors import MakeIndex, Vectors


def is_image_method(method: str) -> bool:
    """Whether this is a fingerprint of a picture."""
    return method in (PDQ_METHOD, TURNED_METHOD)


class ImageMatcher:
    """The matcher of pictures."""

    def __init__(self, make_index: MakeIndex) -> None:
        self._vectors = Vectors(make_index, is_image_method)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return self._vectors.methods

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index upright hashes."""
        self._vectors.add_many(items)

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        self._vectors.remove(item_nos)

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The pictures that this one resembles."""
        found = []
        for entry in prints.prints:
            calibration = admitted(entry, asking=True) if is_image_method(entry.method) else None
            if calibration is None:
                continue
            near = self._vectors.near(entry, calibration, calibration.threshold, question, question.limit)
            turned = entry.method == TURNED_METHOD
            found += [by_distance(calibration, hit, turned=turned) for hit in near]
        return found

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write the indexes; returns each method's width."""
        return self._vectors.save(folder)

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        self._vectors.load(folder, notes)
