"""The Merkle tree of RFC 9162 section 2.1 (the same as RFC 6962 section 2.1, SHA-256), as pure functions.

    MTH({})     = SHA-256()
    MTH({d0})   = SHA-256(0x00 || d0)
    MTH(D[n])   = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])),  k the largest power of two < n

Hashes are 32 bytes; sizes count leaves; indexes start at 0.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from attest.errors import ProofInvalid

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

# Hash of the complete subtree over leaves [index << level, (index + 1) << level).
GetHash = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf's bytes (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children, 32 bytes each (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The complete subtrees of a tree of `size` leaves, widest first: one hash per set bit of `size`.

    It is all that appending needs, so an append costs O(log n) whatever the log holds.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError where the number of hashes does not fit the size."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("a compact range has one hash per set bit of its size")
        if any(len(each) != HASH_SIZE for each in self.hashes):
            raise ValueError("a hash has 32 bytes")

    def append(self, hashed_leaf: bytes) -> "CompactRange":
        """Return the range with one more leaf, given by its leaf hash."""
        hashes, size, node = list(self.hashes), self.size, hashed_leaf
        while size & 1:
            node = node_hash(hashes.pop(), node)
            size >>= 1
        return CompactRange(self.size + 1, (*hashes, node))

    def extend(self, hashed_leaves: Iterable[bytes]) -> "CompactRange":
        """Return the range with these leaf hashes appended in order."""
        # One list for the whole batch: a value a leaf would cost more than the hashing.
        hashes, size = list(self.hashes), self.size
        for each in hashed_leaves:
            node, rest = each, size
            while rest & 1:
                node = sha256(b"\x01" + hashes.pop() + node).digest()
                rest >>= 1
            hashes.append(node)
            size += 1
        return CompactRange(size, tuple(hashes))

    def root(self) -> bytes:
        """Root hash of the tree; of the empty tree, SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node


def root_of(hashed_leaves: Sequence[bytes]) -> bytes:
    """Root hash over these leaf hashes (or over the roots of equal-sized complete subtrees)."""
    if not hashed_leaves:
        return EMPTY_ROOT
    nodes = list(hashed_leaves)
    # Level by level, an odd last node moving up as it is, is the same tree as splitting from the top.
    while len(nodes) > 1:
        paired = [sha256(b"\x01" + left + right).digest() for left, right in pairs(nodes)]
        nodes = [*paired, nodes[-1]] if len(nodes) & 1 else paired
    return nodes[0]


def pairs(nodes: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
    """Neighbours two by two, from the first on; an odd last one is left out."""
    return zip(nodes[::2], nodes[1::2], strict=False)


def range_at(size: int, get_hash: GetHash) -> CompactRange:
    """The compact range of the first `size` leaves, read from stored subtree hashes."""
    hashes, begin = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            hashes.append(get_hash(level, begin >> level))
            begin += 1 << level
    return CompactRange(size, tuple(hashes))


def _subtree_root(begin: int, end: int, get_hash: GetHash) -> bytes:
    """MTH(D[begin:end]); `begin` is a multiple of the smallest power of two that holds the range."""
    width = end - begin
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return get_hash(level, begin >> level)
    split = _split(width)
    left = _subtree_root(begin, begin + split, get_hash)
    return node_hash(left, _subtree_root(begin + split, end, get_hash))


def _split(width: int) -> int:
    """Largest power of two smaller than `width` (≥ 2)."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, get_hash: GetHash) -> list[bytes]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1, leaf's sibling first.

    Raises ValueError out of range.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    begin, end, path = 0, size, list[bytes]()
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_subtree_root(middle, end, get_hash))
            end = middle
        else:
            path.append(_subtree_root(begin, middle, get_hash))
            begin = middle
    path.reverse()
    return path


def consistency_proof(size1: int, size2: int, get_hash: GetHash) -> list[bytes]:
    """PROOF(size1, D[size2]) of RFC 9162 section 2.1.4.1; empty for equal sizes.

    Raises ValueError out of range.
    """
    if not 0 < size1 <= size2:
        raise ValueError(f"there is no proof between sizes {size1} and {size2}")
    begin, end, known, path = 0, size2, True, list[bytes]()
    while end != size1:
        middle = begin + _split(end - begin)
        if size1 <= middle:
            path.append(_subtree_root(middle, end, get_hash))
            end = middle
        else:
            path.append(_subtree_root(begin, middle, get_hash))
            begin, known = middle, False
    if not known:
        path.append(_subtree_root(begin, end, get_hash))
    path.reverse()
    return path


def verify_inclusion(index: int, size: int, hashed_leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check a proof as RFC 9162 section 2.1.3.2 says. Raises ProofInvalid (`inclusion_invalid`)."""
    _check_hashes("inclusion_invalid", (hashed_leaf, root, *proof))
    if not 0 <= index < size:
        raise ProofInvalid(f"Leaf {index} cannot be in a log of {size} leaves.", code="inclusion_invalid")
    # Below the point where the leaf's path leaves the tree's right edge each bit of the index says on which
    # side a sibling lies; above it every sibling lies to the left, one for each one bit that is left.
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise ProofInvalid("The inclusion proof has the wrong length.", code="inclusion_invalid")
    node, position = hashed_leaf, index
    for sibling in proof[:inner]:
        node = sha256(b"\x01" + (sibling + node if position & 1 else node + sibling)).digest()
        position >>= 1
    for sibling in proof[inner:]:
        node = sha256(b"\x01" + sibling + node).digest()
    if node != root:
        raise ProofInvalid("The inclusion proof does not lead to the root.", code="inclusion_invalid")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that a tree of `size2` extends one of `size1` (RFC 9162 section 2.1.4.2).

    Raises ProofInvalid (`consistency_invalid`), also for `size1` 0: everything extends the empty tree, so
    such a proof says nothing and accepting one would hide a missing checkpoint.
    """
    _check_hashes("consistency_invalid", (root1, root2, *proof))
    if not 0 < size1 <= size2:
        raise ProofInvalid(f"Size {size2} cannot extend size {size1}.", code="consistency_invalid")
    if size1 == size2:
        if proof or root1 != root2:
            raise ProofInvalid("One size has two roots, or a needless proof.", code="consistency_invalid")
        return
    if not proof:
        raise ProofInvalid("The consistency proof is empty.", code="consistency_invalid")
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    old, new = size1 - 1, size2 - 1
    while old & 1:
        old, new = old >> 1, new >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if new == 0:
            raise ProofInvalid("The consistency proof is too long.", code="consistency_invalid")
        if old & 1 or old == new:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not old & 1 and old:
                old, new = old >> 1, new >> 1
        else:
            second = node_hash(second, sibling)
        old, new = old >> 1, new >> 1
    if new != 0 or first != root1 or second != root2:
        raise ProofInvalid("The consistency proof does not join the roots.", code="consistency_invalid")


def _check_hashes(code: str, hashes: Iterable[bytes]) -> None:
    if set(map(len, hashes)) != {HASH_SIZE}:
        raise ProofInvalid("Every hash and root has 32 bytes.", code=code)
