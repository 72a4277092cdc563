"""How far a proof's anchors can be believed: asked of a chain, shown by evidence, or neither."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from attest.errors import ChainMismatch, ProofInvalid
from attest.log.checkpoint import Checkpoint
from attest.log.leaf import format_time
from attest.log.note import VerifierKey
from attest.proofs.anchor import BundleAnchor
from attest.proofs.bundle import ProofBundle
from attest.proofs.pins import Pins
from attest.proofs.registrations import open_registrations
from attest.standing import Anchor, Finality, chain_trust

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AnchorReading:
    """What a chain says of an anchored checkpoint: block, the block's time (aware), how settled it is."""

    block: int
    time: datetime
    finality: Finality


class ChainReader(Protocol):
    """Reads registries on a chain; handed in, so that no chain library is needed here.

    An implementation must make sure that the contract at `registry` is the registry it knows: a bundle may
    name any address. Every method raises ChainMismatch where the chain or contract is another one, and
    ChainUnavailable where nothing answers.
    """

    def anchored(
        self, chain_id: int, registry: str, log_id: str, size: int, root: bytes
    ) -> AnchorReading | None:
        """When this tree head was anchored, or None where it was not."""

    def revoked(self, chain_id: int, registry: str, log_id: str, index: int) -> bool:
        """Whether the leaf at this index is revoked on the chain."""

    def had_key(self, chain_id: int, registry: str, log_id: str, public_key: bytes) -> bool:
        """Whether the log of that id ever had this Ed25519 key (32 bytes)."""


@dataclass(slots=True)
class Anchoring:
    """What is found out: each anchor as far as it could be checked, whether the leaf is revoked, problems."""

    anchors: list[Anchor] = field(default_factory=list)
    revoked: bool = False
    problems: list[Problem] = field(default_factory=list)

    def say(self, code: str, sentence: str) -> None:
        """Add a problem, once."""
        if (code, sentence) not in self.problems:
            self.problems.append((code, sentence))


def check_anchors(
    bundle: ProofBundle, checkpoint: Checkpoint, key: VerifierKey, chain: ChainReader | None, pins: Pins
) -> Anchoring:
    """Check every anchor. A revocation that any of them shows counts, pinned or not.

    Raises ProofInvalid: `anchor_mismatch`, `log_id_mismatch`, `registrations_invalid`, `evidence_invalid`,
    `evidence_code_unknown`; with a chain also ChainUnavailable, and ChainMismatch where it holds no anchor.
    """
    found = Anchoring()
    for each in bundle.anchors:
        if (each.size, each.root) != (checkpoint.size, checkpoint.root):
            raise ProofInvalid("An anchor is of another checkpoint.", code="anchor_mismatch")
    _check_log_ids(bundle, key, pins, found)
    if not bundle.anchors:
        found.say("not_anchored", "The proof names no chain: its time is the operator's word.")
        return found
    elsewhere = list[ChainMismatch]()
    for each in bundle.anchors:
        anchor = _by_evidence(each, bundle.index, pins, found)
        if chain is not None:
            try:
                anchor = _on_chain(each, bundle.index, key, chain, found)
            except ChainMismatch as error:
                elsewhere.append(error)
        if anchor is None:
            _say_unchecked(each, elsewhere, found)
        found.anchors.append(anchor or _unchecked(each))
    checked = [each for each in found.anchors if each.finality is not Finality.UNCHECKED]
    if elsewhere and not checked and len(elsewhere) == len(bundle.anchors):
        raise elsewhere[0]
    if checked and all(each.trust == "none" for each in found.anchors):
        found.say("local_chain", "The only chain is a local one, which its operator can rewrite.")
    return found


def _check_log_ids(bundle: ProofBundle, key: VerifierKey, pins: Pins, found: Anchoring) -> None:
    """Anchors under a stranger's id would hide revocations: who says that the ids are this log's?"""
    signed = frozenset[str]()
    if bundle.registrations is not None:
        signed = open_registrations(bundle.registrations, key)
    pinned = pins.log_ids(key.name)
    named = {each.log_id for each in bundle.anchors}
    if pinned and not named <= pinned:
        raise ProofInvalid("An anchor is under another log's id than the pinned one.", code="log_id_mismatch")
    if not pinned and not named <= signed:
        found.say(
            "log_id_unbound",
            "The log's key does not vouch for the id of its anchors: revocations could be under another.",
        )


def _by_evidence(anchor: BundleAnchor, index: int, pins: Pins, found: Anchoring) -> Anchor | None:
    """The anchor as its evidence shows it under a pinned block hash; None where nothing pinned shows it."""
    shown = anchor.shown(index)
    if shown is None:
        return None
    found.revoked = found.revoked or bool(shown.revoked)
    if (anchor.chain_id, shown.block_hash) not in pins.block_hashes:
        return None
    if shown.revoked is None:
        found.say("revocation_unchecked", "The proof's evidence does not say whether the leaf was revoked.")
    # Whoever pins a block says that it stays.
    return _as_named(anchor, Finality.FINAL, chain_trust(anchor.chain_id))


def _say_unchecked(anchor: BundleAnchor, elsewhere: list[ChainMismatch], found: Anchoring) -> None:
    if anchor.evidence is not None:
        block = f"block {anchor.evidence.block} of chain {anchor.chain_id}"
        found.say("block_not_pinned", f"The evidence adds up; pin the hash of {block} to believe it.")
    elif elsewhere:
        found.say("anchor_unchecked", str(elsewhere[-1]))
    else:
        found.say("anchor_unchecked", "The anchors were not looked up on their chains.")


def _unchecked(anchor: BundleAnchor) -> Anchor:
    # The proof's own word: only what a chain confirmed lends trust.
    trust = "none" if chain_trust(anchor.chain_id) == "none" else "unchecked"
    return _as_named(anchor, Finality.UNCHECKED, trust)


def _as_named(anchor: BundleAnchor, finality: Finality, trust: str) -> Anchor:
    """The anchor at the place that the proof names."""
    return Anchor(
        chain_id=anchor.chain_id,
        registry=anchor.registry,
        block=anchor.block,
        time=anchor.time,
        finality=finality,
        trust=trust,
        transaction=anchor.transaction,
    )


def _on_chain(
    anchor: BundleAnchor, index: int, key: VerifierKey, chain: ChainReader, found: Anchoring
) -> Anchor:
    where = (anchor.chain_id, anchor.registry, anchor.log_id)
    reading = chain.anchored(*where, anchor.size, anchor.root)
    if reading is None:
        raise ProofInvalid(
            f"The registry on chain {anchor.chain_id} does not know this checkpoint.", code="anchor_mismatch"
        )
    if not chain.had_key(*where, key.public_key):
        raise ProofInvalid(
            f"The registry on chain {anchor.chain_id} knows that log by another key.", code="log_id_mismatch"
        )
    found.revoked = found.revoked or chain.revoked(*where, index)
    # The chain's figures and not the bundle's: a checkpoint may be anchored anew after a reorganisation.
    return Anchor(
        chain_id=anchor.chain_id,
        registry=anchor.registry,
        block=reading.block,
        time=format_time(reading.time),
        finality=reading.finality,
        trust=chain_trust(anchor.chain_id),
        transaction=anchor.transaction if reading.block == anchor.block else None,
    )
