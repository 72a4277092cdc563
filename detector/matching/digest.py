"""Equal digests: of the bytes of any item, and of a text with its disguises undone."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from detector import evidence
from detector.fingerprints.exact import SHA256_METHOD, TEXTSHA_METHOD
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.index.digests import DigestIndex
from detector.matching.admission import is_telling
from detector.matching.finding import Question, RawMatch
from detector.matching.vectors import file_name

EXACT_METHODS = (SHA256_METHOD, TEXTSHA_METHOD)


class DigestMatcher:
    """The matcher of every medium alike."""

    def __init__(self, place: Path | None = None) -> None:
        """Files are kept below `place`, as Workplace says."""
        self._digests = {method: DigestIndex(place) for method in EXACT_METHODS}

    @property
    def methods(self) -> tuple[str, ...]:
        """Digests always can be asked for."""
        return EXACT_METHODS

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index digests."""
        for item_no, entries in items:
            for entry in entries:
                if entry.method in self._digests:
                    self._digests[entry.method].add(item_no, entry.value)

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        for digests in self._digests.values():
            digests.remove(item_nos)

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The items that are the same."""
        telling = is_telling(prints)
        found = []
        for entry in prints.prints:
            if entry.method in self._digests:
                equal = question.first(self._digests[entry.method].find(entry.value))
                why = evidence.why_equal(entry.method, prints.medium, telling)
                found += [RawMatch(item_no, entry.method, 1.0, 0.0, 0.0, why, telling) for item_no in equal]
        return found

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write the digests; there is nothing to be told."""
        for method, digests in self._digests.items():
            digests.save(folder / file_name(method, "digests"))
        return {}

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        for method, digests in self._digests.items():
            digests.load(folder / file_name(method, "digests"))
