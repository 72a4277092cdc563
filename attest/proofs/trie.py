"""Proofs in Ethereum's Merkle-Patricia tries, of presence and of absence (yellow paper, appendix D).

The keys are those of the secure tries (state and storage): keccak256 of an address or slot, so all have 64
nibbles and no branch holds a value of its own.
"""

from collections.abc import Callable, Sequence
from functools import partial

from Crypto.Hash import keccak

from attest.proofs.rlp import Item, RlpInvalid, decode, encode

MAX_NODES = 65
MAX_NODE_BYTES = 1024
_HASH_SIZE = 32


class TrieInvalid(ValueError):
    """The nodes do not prove what is, or is not, under the key."""


def keccak256(data: bytes) -> bytes:
    """Ethereum's hash (Keccak with its original padding, not SHA3-256)."""
    return keccak.new(digest_bits=256, data=data).digest()


EMPTY_ROOT = keccak256(b"\x80")


def prove(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """The value under `key` (hashed here) in the trie of that root, or None where there provably is none.

    `nodes` are the RLP of the hashed nodes on the way down, the root's first, as in eth_getProof; not one
    more or fewer. Raises TrieInvalid.
    """
    rest = list(reversed(nodes))
    if len(rest) > MAX_NODES or any(len(each) > MAX_NODE_BYTES for each in rest):
        raise TrieInvalid("there are too many or too large nodes")
    if not rest and root == EMPTY_ROOT:
        return None
    value = walk(root, key, partial(_next, rest))
    if rest:
        raise TrieInvalid("there are more nodes than the way down has")
    return value


def _next(rest: list[bytes], wanted: bytes) -> bytes:
    if not rest:
        raise TrieInvalid("a node is missing")
    return rest.pop()


def walk(root: bytes, key: bytes, fetch: Callable[[bytes], bytes]) -> bytes | None:
    """As `prove`; `fetch` gives the node with a hash, or anything else, which is noticed."""
    path = [nibble for byte in keccak256(key) for nibble in (byte >> 4, byte & 15)]
    try:
        node = _open(root, fetch, is_root=True)
        while True:
            if len(node) == 17:
                child = _branch(node, path)
            else:
                ended, child = _short(node, path)
                if ended:
                    return child if isinstance(child, bytes) and child else None
            if child == b"":
                return None
            node = _open(child, fetch)
    except RlpInvalid as error:
        raise TrieInvalid(f"a node is malformed: {error}") from error


def _open(reference: Item, fetch: Callable[[bytes], bytes], *, is_root: bool = False) -> list[Item]:
    """The node behind a reference: a hash, or the node itself where it has fewer than 32 bytes."""
    if isinstance(reference, list):
        if len(encode(reference)) >= _HASH_SIZE:
            raise TrieInvalid("a node that must be hashed is not")
        node: Item = reference
    else:
        if len(reference) != _HASH_SIZE:
            raise TrieInvalid("a reference to a node is malformed")
        raw = fetch(reference)
        if keccak256(raw) != reference:
            raise TrieInvalid("a node does not have the hash it is known by")
        if len(raw) < _HASH_SIZE and not is_root:
            raise TrieInvalid("a node is hashed that must not be")
        node = decode(raw)
    if not isinstance(node, list) or len(node) not in {2, 17}:
        raise TrieInvalid("a node has neither 2 nor 17 items")
    return node


def _branch(node: list[Item], path: list[int]) -> Item:
    if node[16] != b"" or not path:
        raise TrieInvalid("a branch holds a value")
    return node[path.pop(0)]


def _short(node: list[Item], path: list[int]) -> tuple[bool, Item]:
    """A leaf or extension: whether the way ends here, and the value or child; b"" where the paths part."""
    leaf, nibbles = _compact(node[0])
    if leaf:
        if not isinstance(node[1], bytes) or not node[1]:
            raise TrieInvalid("a leaf holds no value")
        if len(nibbles) != len(path):
            raise TrieInvalid("a leaf lies at another depth than its key's")
        return True, node[1] if nibbles == path else b""
    if not nibbles or node[1] == b"" or len(nibbles) >= len(path):
        raise TrieInvalid("an extension leads nowhere")
    if path[: len(nibbles)] != nibbles:
        return True, b""
    del path[: len(nibbles)]
    return False, node[1]


def _compact(item: Item) -> tuple[bool, list[int]]:
    """Hex-prefix encoding: whether it is a leaf's, and the nibbles."""
    if isinstance(item, list) or not item:
        raise TrieInvalid("a node has no path")
    flag, first = item[0] >> 4, item[0] & 15
    odd = bool(flag & 1)
    if flag > 3 or (first and not odd):
        raise TrieInvalid("a node's path is malformed")
    nibbles = [nibble for byte in item[1:] for nibble in (byte >> 4, byte & 15)]
    return bool(flag & 2), [first, *nibbles] if odd else nibbles
