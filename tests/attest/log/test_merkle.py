import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.log.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)


def recursive_root(hashes: list[bytes]) -> bytes:
    """The RFC's own definition, word for word: the oracle."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(recursive_root(hashes[:split]), recursive_root(hashes[split:]))


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(each).encode()) for each in range(size)]


def reader(hashes: list[bytes]):
    def get(level: int, index: int) -> bytes:
        assert (index + 1) << level <= len(hashes)
        return recursive_root(hashes[index << level : (index + 1) << level])

    return get


def vectors(kind: str) -> list:
    root = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "rfc6962" / "testdata" / kind
    found = sorted(root.rglob("*.json"))
    if not found:
        skip = pytest.mark.skip(reason="../shared/vectors/rfc6962 is not beside this checkout")
        return [pytest.param(None, marks=skip)]
    return [pytest.param(path, id=str(path.relative_to(root))) for path in found]


def b64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("path", vectors("inclusion"))
def test_public_inclusion_vectors_are_judged_as_published(path: Path) -> None:
    case = json.loads(path.read_text())
    proof = [b64(each) for each in case["proof"] or []]
    arguments = (case["leafIdx"], case["treeSize"], b64(case["leafHash"]), proof, b64(case["root"]))
    if case["wantErr"]:
        with pytest.raises(ProofInvalid) as refused:
            verify_inclusion(*arguments)
        assert refused.value.code == "inclusion_invalid"
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("path", vectors("consistency"))
def test_public_consistency_vectors_are_judged_as_published(path: Path) -> None:
    case = json.loads(path.read_text())
    proof = [b64(each) for each in case["proof"] or []]
    # Two vectors use short stand-ins for roots where only the sizes matter; ours insists on 32 bytes.
    roots = [b64(case[name]) for name in ("root1", "root2")]
    if not case["wantErr"] and len(roots[0]) != 32:
        roots = [sha256(each).digest() for each in roots]
    if case["wantErr"]:
        with pytest.raises(ProofInvalid) as refused:
            verify_consistency(case["size1"], case["size2"], *roots, proof)
        assert refused.value.code == "consistency_invalid"
    else:
        verify_consistency(case["size1"], case["size2"], *roots, proof)


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert root_of([]) == EMPTY_ROOT == CompactRange().root()


@pytest.mark.parametrize("size", [*range(1, 40), 255, 256, 257, 300])
def test_the_compact_range_agrees_with_the_definition(size: int) -> None:
    hashes = leaves(size)
    grown = CompactRange().extend(hashes)
    assert grown.root() == recursive_root(hashes)
    assert range_at(size, reader(hashes)) == grown


def test_a_compact_range_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one hash per set bit"):
        CompactRange(3, (EMPTY_ROOT,))
    with pytest.raises(ValueError, match="32 bytes"):
        CompactRange(1, (b"short",))


@given(st.integers(1, 400), st.data())
def test_every_inclusion_proof_verifies_and_every_mutation_of_it_is_refused(size: int, data) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, reader(hashes))
    root = recursive_root(hashes)
    verify_inclusion(index, size, hashes[index], proof, root)
    for bad in mutations(proof, data):
        with pytest.raises(ProofInvalid):
            verify_inclusion(index, size, hashes[index], bad, root)
    other = data.draw(st.integers(0, size + 3).filter(lambda each: each != index))
    with pytest.raises(ProofInvalid):
        verify_inclusion(other, size, hashes[index], proof, root)


@given(st.integers(1, 400), st.data())
def test_every_consistency_proof_verifies_and_every_mutation_of_it_is_refused(size2: int, data) -> None:
    hashes = leaves(size2)
    size1 = data.draw(st.integers(1, size2))
    proof = consistency_proof(size1, size2, reader(hashes))
    root1, root2 = recursive_root(hashes[:size1]), recursive_root(hashes)
    verify_consistency(size1, size2, root1, root2, proof)
    for bad in mutations(proof, data):
        with pytest.raises(ProofInvalid):
            verify_consistency(size1, size2, root1, root2, bad)
    for bad_roots in ((flip(root1, 0), root2), (root1, flip(root2, 255))):
        with pytest.raises(ProofInvalid):
            verify_consistency(size1, size2, *bad_roots, proof)
    with pytest.raises(ProofInvalid):
        verify_consistency(size1, size2 + 1, root1, flip(root2, 3), proof)


def flip(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def mutations(proof: list[bytes], data) -> list[list[bytes]]:
    found = [[*proof, EMPTY_ROOT], [EMPTY_ROOT, *proof]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        found.append([*proof[:at], flip(proof[at], bit), *proof[at + 1 :]])
        found += [proof[1:], proof[:-1], [*proof[:at], proof[at][:31], *proof[at + 1 :]]]
    return found


def test_proofs_out_of_range_are_a_callers_error() -> None:
    get = reader(leaves(4))
    for arguments in ((4, 4), (-1, 4), (0, 0)):
        with pytest.raises(ValueError, match="not in a tree"):
            inclusion_proof(*arguments, get)
    for arguments in ((0, 4), (5, 4)):
        with pytest.raises(ValueError, match="no proof between"):
            consistency_proof(*arguments, get)
