import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.log import bulk
from attest.log.bulk import BulkVerifier
from attest.log.memory import MemoryTree
from attest.log.merkle import inclusion_proof, leaf_hash, root_of, verify_inclusion


def accepts(check, *arguments) -> bool:
    try:
        check(*arguments)
    except ProofInvalid:
        return False
    return True


def mutated(rng: random.Random, size: int, index: int, leaf: bytes, proof: list[bytes]):
    """One of the ways in which a proof can be wrong (or, as it happens, still right)."""
    proof = list(proof)
    match rng.randrange(7):
        case 0 if proof:
            proof[rng.randrange(len(proof))] = rng.randbytes(32)
        case 1 if proof:
            proof.pop(rng.randrange(len(proof)))
        case 2:
            proof.insert(rng.randrange(len(proof) + 1), rng.randbytes(32))
        case 3:
            index = rng.choice([-1, size, size + 1, index ^ 1, rng.randrange(size)])
        case 4:
            leaf = rng.choice([rng.randbytes(32), b"", leaf[:31]])
        case 5 if proof:
            proof[rng.randrange(len(proof))] = rng.choice([b"", rng.randbytes(31), rng.randbytes(33)])
    return index, leaf, proof


@given(st.integers(1, 70), st.integers(0, 2**32))
def test_it_accepts_and_refuses_exactly_what_the_rule_does_whatever_came_before(size: int, seed: int) -> None:
    rng = random.Random(seed)
    leaves = [leaf_hash(str(each).encode()) for each in range(size)]
    tree, root = MemoryTree(leaves), root_of(leaves)
    many = BulkVerifier(size, root)
    for _ in range(40):
        index = rng.randrange(size)
        case = mutated(rng, size, index, leaves[index], inclusion_proof(index, size, tree))
        index, leaf, proof = case
        alone = accepts(verify_inclusion, index, size, leaf, proof, root)
        assert accepts(many.verify, index, leaf, proof) == alone


def test_what_it_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_KNOWN", 50)
    leaves = [leaf_hash(str(each).encode()) for each in range(300)]
    tree, many = MemoryTree(leaves), BulkVerifier(300, root_of(leaves))
    for index, leaf in enumerate(leaves):
        many.verify(index, leaf, inclusion_proof(index, 300, tree))
        assert len(many._known) <= 50


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_in_memory_grows_to_the_definition_however_it_is_fed(parts: list[int]) -> None:
    tree, leaves = MemoryTree(), list[bytes]()
    for part in parts:
        new = [leaf_hash(f"{len(leaves)} {each}".encode()) for each in range(part)]
        tree.extend(new)
        leaves += new
        assert len(tree) == len(leaves)
        assert tree.root() == root_of(leaves)
    for index, leaf in enumerate(leaves):
        verify_inclusion(index, len(leaves), leaf, inclusion_proof(index, len(leaves), tree), tree.root())
