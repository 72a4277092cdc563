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

    __slots__ = ("_known", "_root", "_size")

    def __init__(self, size: int, root: bytes) -> None:
        """Check against a tree head that the caller trusts, of a verified checkpoint for one."""
        self._size = size
        self._root = root
        self._known: dict[int, tuple[bytes, tuple[bytes, ...]]] = {}

    def verify(self, index: int, hashed_leaf: bytes, proof: Sequence[bytes]) -> None:
        """Check one proof. Raises ProofInvalid (`inclusion_invalid`)."""
        inner = (index ^ (self._size - 1)).bit_length() if 0 <= index < self._size else 0
        node, get, way, walked = hashed_leaf, self._known.get, tuple(proof), list[bytes]()
        for level, sibling in enumerate(way[:inner]):
            position = index >> level
            if (found := get(position << 6 | level)) is not None:
                if found[0] != node or found[1][level:] != way[level:]:
                    raise ProofInvalid("The proof contradicts a verified one.", code="inclusion_invalid")
                break
            if len(sibling) != HASH_SIZE:
                raise ProofInvalid("Every hash and root has 32 bytes.", code="inclusion_invalid")
            walked.append(node)
            node = sha256(b"\x01" + (sibling + node if position & 1 else node + sibling)).digest()
        else:
            verify_inclusion(index, self._size, hashed_leaf, way, self._root)
        known = self._known
        if len(known) + len(walked) > MAX_KNOWN:
            known.clear()
        for level, each in enumerate(walked):
            known[index >> level << 6 | level] = each, way
