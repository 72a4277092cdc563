"""Equal digests: which items hold a 32-byte value."""

from collections.abc import Collection
from pathlib import Path

from detector.index.pairs import SortedPairs

_WIDTH = 32


class DigestIndex:
    """Which ids hold a digest. Safe to share between threads."""

    def __init__(self, place: Path | None = None) -> None:
        """Files are kept below `place`, as Workplace says."""
        self._ids = SortedPairs[bytes](f"V{_WIDTH}", "int64", by_key=False, place=place)

    def add(self, item: int, value: bytes) -> None:
        """Note that `item` holds `value`. Raises ValueError where that is not of 32 bytes."""
        if len(value) != _WIDTH:
            raise ValueError(f"A digest has {_WIDTH} bytes, this one {len(value)}.")
        self._ids.add(value, item)

    def remove(self, items: Collection[int]) -> None:
        """Forget these ids for good: an id is never used again."""
        self._ids.remove(items)

    def find(self, value: bytes) -> list[int]:
        """The ids that hold `value`, in the order added; none where it is not of 32 bytes."""
        return self._ids.find(value) if len(value) == _WIDTH else []

    def settle(self) -> None:
        """Return when no merge goes on any more."""
        self._ids.settle()

    def save(self, path: Path) -> None:
        """Write everything into the new folder `path`."""
        self._ids.save(path)

    def load(self, path: Path) -> None:
        """Replace the content by what save() wrote, mapped. Raises SnapshotInvalid."""
        self._ids.load(path)
