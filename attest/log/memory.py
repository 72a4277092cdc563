"""A log's tree in memory: the hash of every complete subtree, level by level; two of 32 bytes a leaf."""

from collections.abc import Iterable
from hashlib import sha256

from attest.log.merkle import EMPTY_ROOT, range_at


class MemoryTree:
    """Subtree hashes that grow with each leaf; calling it is a `GetHash` for proofs at any size so far."""

    __slots__ = ("_levels",)

    def __init__(self, hashed_leaves: Iterable[bytes] = ()) -> None:
        """Start with these leaf hashes."""
        self._levels: list[list[bytes]] = [[]]
        self.extend(hashed_leaves)

    def __len__(self) -> int:
        return len(self._levels[0])

    def __call__(self, level: int, index: int) -> bytes:
        """Hash of leaves [index << level, (index + 1) << level). Raises IndexError where one is missing."""
        return self._levels[level][index]

    def extend(self, hashed_leaves: Iterable[bytes]) -> None:
        """Append leaf hashes in order."""
        self._levels[0].extend(hashed_leaves)
        below, level = self._levels[0], 1
        while len(below) > 1:
            if level == len(self._levels):
                self._levels.append([])
            nodes = self._levels[level]
            # One pass a level over what is new: hashing leaf by leaf would walk the levels for each of them.
            fresh = below[2 * len(nodes) :]
            nodes.extend(
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(fresh[::2], fresh[1::2], strict=False)
            )
            below, level = nodes, level + 1

    def root(self) -> bytes:
        """Root hash over all leaves so far."""
        return range_at(len(self), self).root() if len(self) else EMPTY_ROOT
