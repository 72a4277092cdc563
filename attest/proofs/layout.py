"""The registries that evidence may come from: the hash of their code, and where their storage holds what.

Solidity's layout: the value of `mapping[key]` at slot `p` lies at keccak256(key || p), both 32 bytes.
"""

from dataclasses import dataclass

from attest.proofs.trie import keccak256


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots of the mappings `_anchored` and `revokedWord` in one version of the registry."""

    anchored: int
    revoked_word: int


KNOWN = {
    bytes.fromhex("1ae2f6640ec9ed43fec472ed99ffb8c67010f49896b081bcc08ea9d13bfd0a1b"): Layout(3, 4),
    bytes.fromhex("fef2a55137b66ba0d4efa92997c903a95a1fa46a2665c6a322c0ee8e412d4cb6"): Layout(3, 4),
}
"""By keccak256 of the runtime code: `runtimeKeccak256` and `storage` of contracts/artifacts.

The first is the one that the vectors' block holds: after a change here, `python -m attest.proofs.vectors`.
"""


def word(value: int) -> bytes:
    """A number as the 32 bytes that the contract hashes."""
    return value.to_bytes(32, "big")


def anchored_slot(layout: Layout, log_id: bytes, size: int, root: bytes) -> bytes:
    """Where `_anchored[keccak256(abi.encode(logId, size, root))]` lies; time | block number << 64."""
    return keccak256(keccak256(log_id + word(size) + root) + word(layout.anchored))


def revoked_slot(layout: Layout, log_id: bytes, index: int) -> bytes:
    """Where the word with the leaf's revocation bit lies; the bit is `index % 256`."""
    return keccak256(word(index >> 8) + keccak256(log_id + word(layout.revoked_word)))


def log_id_of(owner: bytes, origin: str) -> bytes:
    """keccak256(abi.encode(owner, origin)): the log's id by its first owner's address (20 bytes) and name."""
    name = origin.encode()
    padded = name + bytes(-len(name) % 32)
    return keccak256(bytes(12) + owner + word(64) + word(len(name)) + padded)
