"""What every matcher over vectors does alike: index, forget, write down and read again."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from detector.fingerprints.fingerprint import Fingerprint
from detector.matching.values import ReadValues
from detector.matching.vectors import MakeIndex, Vectors


class OverVectors:
    """A matcher less its match(): it keeps the vectors of the methods that `takes` says yes to, and reads the
    values to judge by where they are stored."""

    def __init__(self, make_index: MakeIndex, takes: Callable[[str], bool], read: ReadValues) -> None:
        self._vectors = Vectors(make_index, takes)
        self._read = read

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return self._vectors.methods

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index those fingerprints that may be kept."""
        self._vectors.add_many(items)

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        self._vectors.remove(item_nos)

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write the indexes; returns each method's width."""
        return self._vectors.save(folder)

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        self._vectors.load(folder, notes)
