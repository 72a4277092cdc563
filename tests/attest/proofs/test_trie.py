"""Merkle-Patricia proofs: what is there is proved, what is not is proved absent, and no change passes.

Proofs of a real chain are checked in tests/attest/registry/test_evidence.py.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.proofs import rlp
from attest.proofs.trie import EMPTY_ROOT, TrieInvalid, keccak256, prove
from attest.proofs.vectors.state import Trie

KEYS = st.binary(min_size=1, max_size=8)
ENTRIES = st.dictionaries(KEYS, st.binary(min_size=1, max_size=60), min_size=1, max_size=60)


def test_the_hash_is_keccak_and_not_sha3() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


@settings(max_examples=150, deadline=None)
@given(ENTRIES, KEYS)
def test_presence_and_absence_are_proved(entries: dict[bytes, bytes], other: bytes) -> None:
    trie = Trie(entries)
    for key in [*entries, other]:
        assert prove(trie.root, key, trie.proof(key)) == entries.get(key)


@settings(max_examples=400, deadline=None)
@given(ENTRIES, KEYS, st.data())
def test_a_changed_proof_proves_nothing(entries: dict[bytes, bytes], other: bytes, data) -> None:
    trie = Trie(entries)
    key = data.draw(st.sampled_from([*entries, other]))
    nodes = list(trie.proof(key))
    at = data.draw(st.integers(0, len(nodes) - 1))
    change = data.draw(st.sampled_from(["flip", "drop", "double", "swap", "cut", "pad"]))
    changed = bytearray(nodes[at])
    if change == "flip":
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if change in {"cut", "pad"}:
        changed = changed[:-1] if change == "cut" else changed + b"\0"
    nodes[at] = bytes(changed)
    if change == "drop":
        del nodes[at]
    if change == "double":
        nodes.insert(at, nodes[at])
    if change == "swap":
        nodes.reverse()
    if tuple(nodes) == trie.proof(key):
        return
    with pytest.raises(TrieInvalid):
        prove(trie.root, key, nodes)


@settings(max_examples=150, deadline=None)
@given(ENTRIES, KEYS, KEYS)
def test_a_proof_of_one_key_shows_nothing_false_of_another(entries, one: bytes, other: bytes) -> None:
    trie = Trie(entries)
    try:
        found = prove(trie.root, other, trie.proof(one))
    except TrieInvalid:
        return
    assert found == entries.get(other)


def test_an_empty_trie_holds_nothing() -> None:
    assert prove(EMPTY_ROOT, b"key", ()) is None
    assert Trie({}).root == EMPTY_ROOT
    with pytest.raises(TrieInvalid):
        prove(EMPTY_ROOT, b"key", [b"\x80"])
    with pytest.raises(TrieInvalid):
        prove(bytes(32), b"key", ())


def test_too_many_or_too_large_nodes_are_refused_before_they_are_read() -> None:
    for nodes in ([b"\xc0"] * 66, [bytes(1025)]):
        with pytest.raises(TrieInvalid, match="too many or too large"):
            prove(bytes(32), b"key", nodes)


def test_small_nodes_lie_in_their_parents_and_are_never_hashed() -> None:
    # A leaf of one nibble and one byte has 4 bytes: only its parent's hash covers it.
    key = next(key for key in (b"%d" % n for n in range(10**5)) if keccak256(key)[:1] == b"\x5a")
    path = keccak256(key).hex()
    leaf: rlp.Item = [bytes.fromhex("3" + path[-1]), b"v"]
    branch: list[rlp.Item] = [b""] * 17
    branch[int(path[-2], 16)] = leaf
    extension: rlp.Item = [bytes.fromhex("00" + path[:-2]), branch]
    raw = rlp.encode(extension)
    assert prove(keccak256(raw), key, [raw]) == b"v"
    assert prove(keccak256(raw), b"another key", [raw]) is None
    small = rlp.encode(leaf)
    branch[int(path[-2], 16)] = keccak256(small)
    middle = rlp.encode(branch)
    top = rlp.encode([bytes.fromhex("00" + path[:-2]), keccak256(middle)])
    with pytest.raises(TrieInvalid, match="hashed that must not be"):
        prove(keccak256(top), key, [top, middle, small])
