"""Capture what shows an anchor without a node: the block's header and eth_getProof's nodes (EIP-1186)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attest.errors import ChainUnavailable
from attest.proofs import rlp
from attest.proofs.layout import KNOWN, anchored_slot, revoked_slot
from attest.proofs.trie import MAX_NODES, TrieInvalid, keccak256, walk
from attest.registry import contract
from attest.registry.client import RegistryClient

# In the order of the header's RLP (yellow paper section 4.4, then the fields that later forks append).
_FIELDS = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "blockAccessListHash",
    "slotNumber",
]
_MUST_HAVE = 15
_QUANTITIES = frozenset(
    {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
        "slotNumber",
    }
)
_MAX_TEXT = 8192


@dataclass(frozen=True, slots=True)
class Captured:
    """One anchor's evidence as it was captured at `block`; `revocation` by word (leaf index >> 8)."""

    block: int
    header: bytes
    account: tuple[bytes, ...]
    storage: tuple[bytes, ...]
    revocation: dict[int, tuple[bytes, ...]]


def capture(
    client: RegistryClient, registry: str, log_id: str, size: int, root: bytes, *, words: Sequence[int] = ()
) -> Captured:
    """Evidence of an anchor at the chain's finalized block; `words` are of the revocation bits wanted.

    Raises ChainUnavailable where the node has no such proofs (many keep them for the latest blocks only), or
    `evidence_unavailable` where its answers do not add up, as on chains with headers of their own.
    """
    block = client.rpc.call("eth_getBlockByNumber", "finalized", False)
    header = encode_header(block)
    layout = KNOWN.get(keccak256(contract.runtime_code()))
    if layout is None:
        raise _unavailable("its code is not known")
    log = contract.as_bytes32(log_id)
    slots = [anchored_slot(layout, log, size, root)]
    slots += [revoked_slot(layout, log, word << 8) for word in words]
    asked = [registry, ["0x" + slot.hex() for slot in slots], block["number"]]
    answer = client.rpc.call("eth_getProof", *asked)
    try:
        number, state_root = int(block["number"], 16), _bytes(block["stateRoot"])
        account, leaf = _trimmed(state_root, bytes.fromhex(registry[2:]), answer["accountProof"])
        fields = rlp.decode(leaf or b"")
        storage_root = fields[2] if isinstance(fields, list) else b""
        entries = answer["storageProof"]
        if not isinstance(storage_root, bytes) or len(entries) != len(slots):
            raise _unavailable("a proof is missing")
        nodes = [
            _trimmed(storage_root, slot, entry["proof"])[0]
            for slot, entry in zip(slots, entries, strict=True)
        ]
    except (rlp.RlpInvalid, TrieInvalid, TypeError, KeyError, ValueError, IndexError) as error:
        raise _unavailable("its answer is malformed") from error
    return Captured(number, header, account, nodes[0], dict(zip(words, nodes[1:], strict=True)))


def encode_header(block: Any) -> bytes:
    """The RLP of a header from eth_getBlockByNumber's answer, whose hash it must have.

    Raises ChainUnavailable (`evidence_unavailable`).
    """
    try:
        present = [name for name in _FIELDS if block.get(name) is not None]
        if present[:_MUST_HAVE] != _FIELDS[:_MUST_HAVE]:
            raise _unavailable("the header lacks a field")
        raw = rlp.encode([_field(name, block[name]) for name in present])
        expected = _bytes(block["hash"])
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise _unavailable("the header is malformed") from error
    if keccak256(raw) != expected:
        raise _unavailable("the header has another form than known here")
    return raw


def _field(name: str, value: Any) -> bytes:
    return rlp.number(int(value, 16)) if name in _QUANTITIES else _bytes(value)


def _trimmed(root: bytes, key: bytes, answer: Any) -> tuple[tuple[bytes, ...], bytes | None]:
    """The nodes that lie on the way, without those that nodes also send although their parents hold them."""
    if len(answer) > MAX_NODES + 1:
        raise _unavailable("a proof is too long")
    by_hash = {keccak256(raw): raw for raw in map(_bytes, answer)}
    used: list[bytes] = []

    def fetch(wanted: bytes) -> bytes:
        used.append(by_hash[wanted])
        return used[-1]

    value = walk(root, key, fetch)
    return tuple(used), value


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x") or len(text) > _MAX_TEXT:
        raise ValueError("this is no hex")
    return bytes.fromhex(text[2:])


def _unavailable(why: str) -> ChainUnavailable:
    return ChainUnavailable(f"The chain gives no evidence of the anchor: {why}.", code="evidence_unavailable")
