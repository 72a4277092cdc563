"""Equal digests: a dictionary from 32-byte values to the ids that hold them."""

from collections.abc import Iterable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from detector.errors import SnapshotInvalid

_WIDTH = 32


class DigestIndex:
    """Which ids hold a digest. Removed ids are forgotten on look-up and left out when saved."""

    def __init__(self) -> None:
        self._ids: dict[bytes, list[int]] = {}
        self._removed: set[int] = set()

    def add(self, item: int, value: bytes) -> None:
        """Note that `item` holds `value` (32 bytes)."""
        self._ids.setdefault(value, []).append(item)

    def remove(self, items: Iterable[int]) -> None:
        """Forget these ids for good: an id is never used again."""
        self._removed.update(items)

    def find(self, value: bytes) -> list[int]:
        """The ids that hold `value`, in the order added."""
        return [item for item in self._ids.get(value, ()) if item not in self._removed]

    def save(self, path: Path) -> None:
        """Write an uncompressed .npz of ids and values."""
        pairs = [(i, value) for value, ids in self._ids.items() for i in ids if i not in self._removed]
        ids = np.array([i for i, _ in pairs], dtype=np.int64)
        values = np.frombuffer(b"".join(value for _, value in pairs), dtype=np.uint8).reshape(-1, _WIDTH)
        with path.open("wb") as stream:
            np.savez(stream, ids=ids, values=values)

    def load(self, path: Path) -> None:
        """Read what save() wrote. Raises SnapshotInvalid."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
                ids, values = held["ids"], held["values"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise SnapshotInvalid(f"The index file {path.name} cannot be read.") from error
        if values.shape != (len(ids), _WIDTH) or values.dtype != np.uint8:
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        self._ids, self._removed = {}, set()
        for item, value in zip(ids.tolist(), values, strict=True):
            self.add(item, value.tobytes())
