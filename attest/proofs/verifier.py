"""Check a proof against a file's digests, with a pinned key and a chain where the caller has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from attest.errors import ChainMismatch, ProofInvalid
from attest.log.checkpoint import Checkpoint, open_checkpoint
from attest.log.leaf import Kind, Leaf, Opening, format_time
from attest.log.merkle import leaf_hash, verify_inclusion
from attest.log.note import VerifierKey
from attest.proofs.bundle import BundleAnchor, ProofBundle
from attest.standing import Anchor, Finality, Registration, Standing, chain_trust

Problem = tuple[str, str]
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AnchorReading:
    """What a chain says of an anchored checkpoint: block, the block's time (aware), how settled it is."""

    block: int
    time: datetime
    finality: Finality


class ChainReader(Protocol):
    """Reads registries on a chain; handed in, so that no chain library is needed here.

    An implementation must make sure that the contract at `registry` is the registry it knows: a bundle may
    name any address. Both methods raise ChainMismatch where the chain or contract is another one, and
    ChainUnavailable where nothing answers.
    """

    def anchored(
        self, chain_id: int, registry: str, log_id: str, size: int, root: bytes
    ) -> AnchorReading | None:
        """When this tree head was anchored, or None where it was not."""

    def revoked(self, chain_id: int, registry: str, log_id: str, index: int) -> bool:
        """Whether the leaf at this index is revoked on the chain."""


def verify(
    bundle: ProofBundle,
    digests: Mapping[str, str],
    log_key: str | None = None,
    chain: ChainReader | None = None,
    now: datetime | None = None,
) -> Standing:
    """Say what the proof shows of a file with these digests (hex SHA-256).

    `digests`: `file` is of the bytes at hand; `asset` (pass the same) also accepts the bytes as they were
    before signing; `claim` and `binding` only of a manifest that validated over these bytes. `log_key` is
    the verifier key line that the log is known by. The result's `problems` name what was not checked.

    Raises ProofInvalid: `proof_wrong_file`, `proof_pending` (not permanent), `proof_malformed`,
    `leaf_malformed`, `leaf_not_opened`, `store_mismatch`, `log_key_malformed`, `log_key_mismatch`,
    `note_malformed`, `checkpoint_malformed`, `checkpoint_signature_invalid`, `inclusion_invalid`,
    `anchor_mismatch`. With a chain also ChainUnavailable, and ChainMismatch where it holds no anchor.
    """
    leaf = Leaf.parse(bundle.leaf)
    if leaf.kind is not Kind.ATTESTATION:
        raise ProofInvalid("The proof's leaf is no attestation.", code="proof_malformed")
    leaf.opened_by(bundle.opening)
    _check_store(bundle)
    registration, matched = _match(bundle.opening, digests)
    key, problems = _key(bundle, log_key)
    if bundle.checkpoint is None or bundle.size is None:
        error = ProofInvalid(
            "The attestation was not in the log yet: fetch its proof again.", code="proof_pending"
        )
        error.permanent = False
        raise error
    checkpoint = open_checkpoint(bundle.checkpoint, key)
    if checkpoint.size != bundle.size:
        raise ProofInvalid("The proof and its checkpoint differ in size.", code="inclusion_invalid")
    hashed = leaf_hash(bundle.leaf)
    verify_inclusion(bundle.index, bundle.size, hashed, bundle.inclusion, checkpoint.root)
    anchors, revoked, found = _anchors(bundle, checkpoint, chain)
    problems += found + _clock_problems(leaf, anchors, chain is not None, now)
    return Standing(
        registration=Registration.REVOKED if revoked else registration,
        leaf_index=bundle.index,
        leaf_sha256=hashed.hex(),
        log_origin=checkpoint.origin,
        log_key=str(key),
        attested_at=format_time(leaf.issued),
        source_type=leaf.source_type,
        checkpoint_size=checkpoint.size,
        anchors=anchors,
        problems=tuple(problems),
        matched=matched,
    )


def _check_store(bundle: ProofBundle) -> None:
    """The sidecar in a bundle is vouched for like the file: the leaf must commit to it."""
    committed = bundle.opening.digests.get("store")
    if bundle.store is not None and committed != sha256(bundle.store).hexdigest():
        raise ProofInvalid("The proof carries another manifest than was logged.", code="store_mismatch")


def _match(opening: Opening, digests: Mapping[str, str]) -> tuple[Registration, str]:
    def same(role: str) -> bool:
        return role in digests and opening.digests.get(role) == digests[role]

    if same("file"):
        return Registration.ATTESTED, "file"
    if same("asset"):
        return Registration.ATTESTED, "asset"
    if same("claim") and same("binding"):
        return Registration.ATTESTED_VARIANT, "claim"
    raise ProofInvalid("This proof is about another file, or the file was changed.", code="proof_wrong_file")


def _key(bundle: ProofBundle, log_key: str | None) -> tuple[VerifierKey, list[Problem]]:
    key = VerifierKey.parse(bundle.vkey)
    if bundle.origin != key.name:
        raise ProofInvalid("The proof names a log that its key is not of.", code="log_key_mismatch")
    if log_key is None:
        sentence = "The log's key was taken from the proof itself; pin it to know whose log this is."
        return key, [("log_key_not_pinned", sentence)]
    if VerifierKey.parse(log_key.strip()) != key:
        raise ProofInvalid("The proof is from another log than the pinned key's.", code="log_key_mismatch")
    return key, []


def _anchors(
    bundle: ProofBundle, checkpoint: Checkpoint, chain: ChainReader | None
) -> tuple[tuple[Anchor, ...], bool, list[Problem]]:
    """The anchors as far as they could be checked, whether one of them is of a revoked leaf, and problems."""
    for each in bundle.anchors:
        if (each.size, each.root) != (checkpoint.size, checkpoint.root):
            raise ProofInvalid("An anchor is of another checkpoint.", code="anchor_mismatch")
    if not bundle.anchors:
        return (), False, [("not_anchored", "The proof names no chain: its time is the operator's word.")]
    if chain is None:
        sentence = "The anchors were not looked up on their chains."
        return tuple(map(_unchecked, bundle.anchors)), False, [("anchor_unchecked", sentence)]
    found, revoked, elsewhere = [], False, list[ChainMismatch]()
    for each in bundle.anchors:
        try:
            found.append(_checked(each, chain))
            revoked = revoked or chain.revoked(each.chain_id, each.registry, each.log_id, bundle.index)
        except ChainMismatch as error:
            elsewhere.append(error)
            found.append(_unchecked(each))
    if len(elsewhere) == len(bundle.anchors):
        raise elsewhere[0]
    problems = [("anchor_unchecked", str(error)) for error in elsewhere]
    if all(each.trust == "none" for each in found):
        problems.append(("local_chain", "The only chain is a local one, which its operator can rewrite."))
    return tuple(found), revoked, problems


def _unchecked(anchor: BundleAnchor) -> Anchor:
    return Anchor(
        chain_id=anchor.chain_id,
        registry=anchor.registry,
        block=anchor.block,
        time=anchor.time,
        finality=Finality.UNCHECKED,
        # The proof's own word: only what a chain confirmed lends trust.
        trust="none" if chain_trust(anchor.chain_id) == "none" else "unchecked",
        transaction=anchor.transaction,
    )


def _checked(anchor: BundleAnchor, chain: ChainReader) -> Anchor:
    reading = chain.anchored(anchor.chain_id, anchor.registry, anchor.log_id, anchor.size, anchor.root)
    if reading is None:
        raise ProofInvalid(
            f"The registry on chain {anchor.chain_id} does not know this checkpoint.", code="anchor_mismatch"
        )
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


def _clock_problems(
    leaf: Leaf, anchors: tuple[Anchor, ...], checked: bool, now: datetime | None
) -> list[Problem]:
    """Where the operator's clock cannot be right: the leaf's time is its claim, the block's is evidence."""
    problems = []
    times = [
        each.time for each in anchors if checked and each.time and each.finality is not Finality.UNCHECKED
    ]
    if times and leaf.issued - CLOCK_TOLERANCE > datetime.fromisoformat(min(times)):
        problems.append(("issued_after_anchor", "The attestation claims a later time than its own anchor's."))
    if now is not None and leaf.issued - CLOCK_TOLERANCE > now:
        problems.append(("issued_in_future", "The attestation claims a time that has not come yet."))
    return problems
