"""One anchor in a proof: where its checkpoint lies on a chain, and what shows that."""

import base64
from dataclasses import dataclass
from typing import Any

from attest.log.leaf import parse_time
from attest.proofs.evidence import MAX_HEADER_BYTES, Claim, Evidence, Shown, check
from attest.proofs.fields import Fields, malformed
from attest.proofs.trie import MAX_NODE_BYTES, MAX_NODES

_ADDRESS = r"0x[0-9a-fA-F]{40}"
_WORD = r"0x[0-9a-f]{64}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"


@dataclass(frozen=True, slots=True)
class BundleAnchor:
    """Where the bundle says that its checkpoint is anchored; only a chain can confirm it.

    `evidence` shows it without a node; it needs `block` and `time`.
    `registry` is an address, `log_id` and `transaction` are 0x and 64 lower-case hex digits, `time` is the
    block's (RFC 3339, UTC), `size` and `root` (32 bytes) are the checkpoint's.
    """

    chain_id: int
    registry: str
    log_id: str
    size: int
    root: bytes
    transaction: str | None = None
    block: int | None = None
    block_hash: str | None = None
    time: str | None = None
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        """Hold the evidence to what it has to show."""
        if self.evidence is not None and (self.block is None or self.time is None):
            raise malformed("An anchor with evidence has its block and time.")

    def shown(self, index: int) -> Shown | None:
        """What the evidence shows of the anchor and of the leaf's revocation; None where there is none.

        Raises ProofInvalid `evidence_invalid`, `evidence_code_unknown`.
        """
        if self.evidence is None or self.block is None or self.time is None:
            return None
        claim = Claim(
            self.registry, self.log_id, self.size, self.root, self.block, self.time, self.block_hash
        )
        return check(self.evidence, claim, index)


def anchor_json(anchor: BundleAnchor) -> dict[str, Any]:
    """The anchor as it stands in a proof."""
    found = {
        "chain_id": anchor.chain_id,
        "registry": anchor.registry,
        "log_id": anchor.log_id,
        "size": anchor.size,
        "root": _b64(anchor.root),
        "transaction": anchor.transaction,
        "block": anchor.block,
        "block_hash": anchor.block_hash,
        "time": anchor.time,
        "evidence": _evidence_json(anchor.evidence) if anchor.evidence else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def parse_anchor(fields: Fields) -> BundleAnchor:
    """Read an anchor strictly. Raises ProofInvalid (`proof_malformed`)."""

    def optional(name: str, pattern: str) -> str | None:
        if fields.has(name):
            return fields.text(name, 66, pattern)
        fields.skip(name)
        return None

    time = optional("time", _TIME)
    if time is not None:
        try:
            parse_time(time)
        except ValueError as error:
            raise malformed("An anchor's time is no time.") from error
    root = fields.binary("root", 32)
    if len(root) != 32:
        raise malformed("An anchor's root has 32 bytes.")
    anchor = BundleAnchor(
        chain_id=fields.integer("chain_id"),
        registry=fields.text("registry", 42, _ADDRESS),
        log_id=fields.text("log_id", 66, _WORD),
        size=fields.integer("size"),
        root=root,
        transaction=optional("transaction", _WORD),
        block=fields.integer("block") if fields.has("block") else None,
        block_hash=optional("block_hash", _WORD),
        time=time,
        evidence=_evidence(fields.within("evidence")) if fields.has("evidence") else None,
    )
    for name in ("block", "evidence"):
        fields.skip(name)
    fields.done()
    return anchor


def _evidence(fields: Fields) -> Evidence:
    found = Evidence(
        block=fields.integer("block"),
        header=fields.binary("header", MAX_HEADER_BYTES),
        account=fields.binaries("account", MAX_NODES, MAX_NODE_BYTES),
        storage=fields.binaries("storage", MAX_NODES, MAX_NODE_BYTES),
        revocation=fields.binaries("revocation", MAX_NODES, MAX_NODE_BYTES)
        if fields.has("revocation")
        else None,
    )
    fields.skip("revocation")
    fields.done()
    return found


def _evidence_json(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {
        "block": evidence.block,
        "header": _b64(evidence.header),
        "account": [_b64(each) for each in evidence.account],
        "storage": [_b64(each) for each in evidence.storage],
    }
    if evidence.revocation is not None:
        found["revocation"] = [_b64(each) for each in evidence.revocation]
    return found


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
