"""Check a proof against a file's digests, with a pinned key and a chain where the caller has them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from attest.errors import ProofInvalid
from attest.log.checkpoint import open_checkpoint
from attest.log.leaf import Kind, Leaf, Opening, format_time
from attest.log.merkle import leaf_hash, verify_inclusion
from attest.log.note import Note, VerifierKey
from attest.proofs.anchoring import AnchorReading, ChainReader, Problem, check_anchors
from attest.proofs.bundle import ProofBundle
from attest.proofs.pins import Pins
from attest.standing import Anchor, Finality, Registration, Standing

__all__ = ["NOTHING_PINNED", "AnchorReading", "ChainReader", "Pins", "verify"]

NOTHING_PINNED = Pins()
CLOCK_TOLERANCE = timedelta(minutes=5)


def verify(
    bundle: ProofBundle,
    digests: Mapping[str, str],
    log_key: str | None = None,
    chain: ChainReader | None = None,
    now: datetime | None = None,
    *,
    pins: Pins = NOTHING_PINNED,
) -> Standing:
    """Say what the proof shows of a file with these digests (hex SHA-256).

    `digests`: `file` is of the bytes at hand; `asset` (pass the same) also accepts the bytes as they were
    before signing; `claim` and `binding` only of a manifest that validated over these bytes. `log_key` is
    the verifier key line that the log is known by, `pins` what else is known. The result's `problems` name
    what was not checked.

    Raises ProofInvalid: `proof_wrong_file`, `proof_pending` (not permanent), `proof_malformed`,
    `leaf_malformed`, `leaf_not_opened`, `store_mismatch`, `log_key_malformed`, `log_key_mismatch`,
    `note_malformed`, `checkpoint_malformed`, `checkpoint_signature_invalid`, `inclusion_invalid`,
    `witness_signature_invalid`, `anchor_mismatch`, `log_id_mismatch`, `registrations_invalid`,
    `evidence_invalid`, `evidence_code_unknown`. With a chain also ChainUnavailable, and ChainMismatch where
    it holds no anchor.
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
    problems += _witness_problems(bundle.checkpoint, pins)
    found = check_anchors(bundle, checkpoint, key, chain, pins)
    anchors = tuple(found.anchors)
    problems += found.problems + _timestamp_problems(bundle) + _clock_problems(leaf, anchors, now)
    return Standing(
        registration=Registration.REVOKED if found.revoked else registration,
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


def _witness_problems(checkpoint: str, pins: Pins) -> list[Problem]:
    """Which pinned witnesses did not cosign. Raises ProofInvalid (`witness_signature_invalid`)."""
    note = Note.parse(checkpoint)
    missing = [key.name for key in pins.witnesses if key.line_of(note) is None]
    return [("witness_missing", f"The witness {name} did not cosign the checkpoint.") for name in missing]


def _timestamp_problems(bundle: ProofBundle) -> list[Problem]:
    names = sorted({each.type.value for each in bundle.timestamps})
    return [("timestamp_unchecked", f"Its time stamps ({name}) are not checked here.") for name in names]


def _clock_problems(leaf: Leaf, anchors: tuple[Anchor, ...], now: datetime | None) -> list[Problem]:
    """Where the operator's clock cannot be right: the leaf's time is its claim, the block's is evidence."""
    problems = []
    times = [each.time for each in anchors if each.time and each.finality is not Finality.UNCHECKED]
    if times and leaf.issued - CLOCK_TOLERANCE > datetime.fromisoformat(min(times)):
        problems.append(("issued_after_anchor", "The attestation claims a later time than its own anchor's."))
    if now is not None and leaf.issued - CLOCK_TOLERANCE > now:
        problems.append(("issued_in_future", "The attestation claims a time that has not come yet."))
    return problems
