"""What shows an anchor with no node to ask: a block header and the storage proofs under it (EIP-1186).

All of it hangs on one 32-byte block hash, which a verifier pins or asks anybody for.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from attest.errors import ProofInvalid
from attest.proofs import rlp
from attest.proofs.layout import KNOWN, Layout, anchored_slot, revoked_slot
from attest.proofs.trie import TrieInvalid, keccak256, prove

MAX_HEADER_BYTES = 4096
_PIN = re.compile(r"([1-9][0-9]{0,15}):(0x[0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One anchor's evidence, at block number `block`, which is the anchor's own or a later one.

    `header` is the RLP of the block's header; the others are trie nodes (RLP), the root's first: of the
    registry's account, of the anchor's storage slot and, if known, of the leaf's word of revocation bits.
    """

    block: int
    header: bytes
    account: tuple[bytes, ...]
    storage: tuple[bytes, ...]
    revocation: tuple[bytes, ...] | None = None

    @property
    def block_hash(self) -> str:
        """The hash (0x hex) of the header, which is the one thing to trust."""
        return "0x" + keccak256(self.header).hex()


@dataclass(frozen=True, slots=True)
class Claim:
    """What the evidence has to show: the registry's address and the log's id in 0x hex, and the anchor.

    `root` has 32 bytes; `block` and `time` (RFC 3339) are the anchor's.
    """

    registry: str
    log_id: str
    size: int
    root: bytes
    block: int
    time: str
    block_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What adds up: the hash (0x hex) of the block that all of it hangs on, and the leaf's revocation bit.

    `revoked` is as of that block, None where no proof of it is there.
    """

    block_hash: str
    revoked: bool | None


def check(evidence: Evidence, claim: Claim, index: int) -> Shown:
    """Follow the evidence from the registry's storage to a block hash.

    Raises ProofInvalid: `evidence_invalid`, and `evidence_code_unknown` where the contract at the address
    is no registry that this version knows.
    """
    try:
        return _check(evidence, claim, index)
    except (rlp.RlpInvalid, TrieInvalid) as error:
        raise _invalid(f"The evidence of an anchor does not add up: {error}.") from error


def _check(evidence: Evidence, claim: Claim, index: int) -> Shown:
    state_root, number, time = _header(evidence.header)
    found = evidence.block_hash
    if number != evidence.block or evidence.block < claim.block or time < _seconds(claim.time):
        raise _invalid("The evidence's block is not the one it names, or is older than the anchor.")
    if number == claim.block and (time != _seconds(claim.time) or claim.block_hash not in (None, found)):
        raise _invalid("The evidence's block is another one than the anchor's.")
    storage_root, layout = _account(state_root, claim.registry, evidence.account)
    log_id = bytes.fromhex(claim.log_id[2:])
    packed = _word(storage_root, anchored_slot(layout, log_id, claim.size, claim.root), evidence.storage)
    if packed != _seconds(claim.time) | claim.block << 64:
        raise _invalid("The registry's storage holds no such anchor at that block and time.")
    if evidence.revocation is None:
        return Shown(found, None)
    bits = _word(storage_root, revoked_slot(layout, log_id, index), evidence.revocation)
    return Shown(found, bool(bits >> (index & 255) & 1))


def _header(raw: bytes) -> tuple[bytes, int, int]:
    """State root, number and time (Unix seconds) of a block header (yellow paper section 4.4)."""
    fields = rlp.decode(raw)
    # Later forks append fields; those read here stay where they are.
    if not isinstance(fields, list) or len(fields) < 15 or any(isinstance(each, list) for each in fields):
        raise _invalid("The evidence's header is no block header.")
    state_root = fields[3]
    if not isinstance(state_root, bytes) or len(state_root) != 32:
        raise _invalid("The evidence's header has no state root.")
    return state_root, rlp.integer(fields[8]), rlp.integer(fields[11])


def _account(state_root: bytes, registry: str, nodes: tuple[bytes, ...]) -> tuple[bytes, Layout]:
    value = prove(state_root, bytes.fromhex(registry[2:]), nodes)
    fields = rlp.decode(value) if value is not None else b""
    if not isinstance(fields, list) or len(fields) != 4:
        raise _invalid("The evidence shows no contract at the registry's address.")
    storage_root, code_hash = fields[2], fields[3]
    if not isinstance(storage_root, bytes) or not isinstance(code_hash, bytes) or len(storage_root) != 32:
        raise _invalid("The evidence shows no contract at the registry's address.")
    layout = KNOWN.get(code_hash)
    if layout is None:
        raise ProofInvalid(
            "The evidence is of a contract that is no known Assay registry.",
            code="evidence_code_unknown",
        )
    return storage_root, layout


def _word(storage_root: bytes, slot: bytes, nodes: tuple[bytes, ...]) -> int:
    """The value of a storage slot; one that is not in the trie is zero."""
    value = prove(storage_root, slot, nodes)
    if value is None:
        return 0
    content = rlp.decode(value)
    if not isinstance(content, bytes) or not 0 < len(content) <= 32:
        raise _invalid("A storage slot holds no word.")
    return rlp.integer(content)


def _seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def _invalid(sentence: str) -> ProofInvalid:
    return ProofInvalid(sentence, code="evidence_invalid")


def parse_pin(text: str) -> tuple[int, str]:
    """Read `CHAIN_ID:0x…`, a block hash to believe. Raises ProofInvalid (`block_hash_malformed`)."""
    found = _PIN.fullmatch(text)
    if found is None:
        raise ProofInvalid("A block hash is pinned as CHAIN_ID:0x….", code="block_hash_malformed")
    return int(found[1]), found[2].lower()
