"""Proofs in logs of any size, without the log: RFC 6962 sections 2.1.1 and 2.1.2 as recipes, nodes made up.

What a proof costs depends on how many nodes it has and where they go, which follows from the two sizes alone.
"""

import random
from dataclasses import dataclass, field

from attest.log.merkle import node_hash


@dataclass(slots=True)
class MadeUpProof:
    """Nodes as they are made, lowest first, out of `chance`."""

    chance: random.Random
    nodes: list[bytes] = field(default_factory=list)

    def node(self) -> bytes:
        """One more node of the proof, 32 bytes."""
        self.nodes.append(self.chance.randbytes(32))
        return self.nodes[-1]


def consistency(first: int, second: int, chance: random.Random) -> tuple[bytes, bytes, list[bytes]]:
    """Both roots and a proof that they are consistent; 0 < `first` <= `second`."""
    proof = MadeUpProof(chance)
    old, new = _roots(first, second, True, proof)
    return old, new, proof.nodes


def inclusion(index: int, size: int, leaf: bytes, chance: random.Random) -> tuple[bytes, list[bytes]]:
    """A root and a proof that `leaf` (its hash, 32 bytes) is its leaf number `index` < `size`."""
    proof = MadeUpProof(chance)
    root = _root_over(index, size, leaf, proof)
    return root, proof.nodes


def _roots(first: int, second: int, known: bool, proof: MadeUpProof) -> tuple[bytes, bytes]:
    """SUBPROOF(first, D[second], known); a verifier knows the first tree's own root."""
    if first == second:
        node = proof.chance.randbytes(32) if known else proof.node()
        return node, node
    split = _split(second)
    if first <= split:
        old, new = _roots(first, split, known, proof)
        return old, node_hash(new, proof.node())
    old, new = _roots(first - split, second - split, False, proof)
    left = proof.node()
    return node_hash(left, old), node_hash(left, new)


def _root_over(index: int, size: int, leaf: bytes, proof: MadeUpProof) -> bytes:
    """PATH(index, D[size])."""
    if size == 1:
        return leaf
    split = _split(size)
    if index < split:
        return node_hash(_root_over(index, split, leaf, proof), proof.node())
    below = _root_over(index - split, size - split, leaf, proof)
    return node_hash(proof.node(), below)


def _split(size: int) -> int:
    """Largest power of two smaller than `size` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)
