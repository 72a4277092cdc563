"""Checking many inclusion proofs against one checkpoint: what one proof has shown, the next need not hash."""

from collections.abc import Sequence
from hashlib import sha256

from attest.errors import ProofInvalid
from attest.log.merkle import HASH_SIZE, verify_inclusion

MAX_KNOWN = 1 << 18


class BulkVerifier:
    """Accepts exactly what `verify_inclusion` accepts, for one tree of `size` leaves under `root`.

    A proof that leads to the root shows every node on its way and every sibling beside it. A later proof is
    followed only up to the first node that is known, and what is left of it must be the siblings known from
    there on. Holds at most `MAX_KNOWN` nodes, then begins anew. Not for several threads at once.
    """

    __slots__ = ("_known", "_last", "_root", "_size")

    def __init__(self, size: int, root: bytes) -> None:
        """Check against a tree head that the caller trusts, of a verified checkpoint for one."""
        self._size, self._last = size, size - 1
        self._root = root
        self._known: dict[int, tuple[bytes, tuple[bytes, ...]]] = {}

    def verify(self, index: int, hashed_leaf: bytes, proof: Sequence[bytes]) -> None:
        """Check one proof. Raises ProofInvalid (`inclusion_invalid`)."""
        way, node, level, get, walked = tuple(proof), hashed_leaf, 0, self._known.get, list[bytes]()
        # Only below the point where the leaf's path leaves the tree's right edge is a level's place an index.
        inner = (index ^ self._last).bit_length() if 0 <= index < self._size else 0
        while True:
            if level >= inner or level == len(way):
                verify_inclusion(index, self._size, hashed_leaf, way, self._root)
                break
            position = index >> level
            if (found := get(position << 6 | level)) is not None:
                if found[0] != node or found[1] != way[level:]:
                    raise ProofInvalid("The proof contradicts a verified one.", code="inclusion_invalid")
                break
            sibling = way[level]
            if len(sibling) != HASH_SIZE:
                raise ProofInvalid("Every hash and root has 32 bytes.", code="inclusion_invalid")
            walked.append(node)
            node = sha256(b"\x01" + (sibling + node if position & 1 else node + sibling)).digest()
            level += 1
        if walked:
            self._remember(index, walked, way)

    def _remember(self, index: int, walked: list[bytes], way: tuple[bytes, ...]) -> None:
        """Keep what a proof has shown: each node on its way and each sibling, with what lies above it."""
        known = self._known
        if len(known) + 2 * len(walked) > MAX_KNOWN:
            known.clear()
        for level, node in enumerate(walked):
            key, above = index >> level << 6 | level, way[level + 1 :]
            known[key] = node, way[level:]
            known[key ^ 64] = way[level], (node, *above)
