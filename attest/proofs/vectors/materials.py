"""The honest material of the vectors: fixed keys, one log, one registry, and proofs of every state."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from attest.log.checkpoint import Checkpoint
from attest.log.cosignature import CosignerKey
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Leaf, Opening, format_time
from attest.log.merkle import inclusion_proof, leaf_hash, root_of
from attest.proofs.bundle import BundleAnchor, Content, ProofBundle, ProofState
from attest.proofs.evidence import Evidence
from attest.proofs.layout import anchored_slot, log_id_of, revoked_slot
from attest.proofs.registrations import sign_registrations
from attest.proofs.vectors.state import CODE, LAYOUT, Anchored, World, world

ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
STRANGER = LogKey(ORIGIN, bytes(32))
WITNESS = CosignerKey("witness.example.org", bytes(range(1, 33)))
SECOND = CosignerKey("second.example.org/witness", bytes(range(2, 34)))
OWNER = sha256(b"owner").digest()[:20]
LOG_ID = log_id_of(OWNER, ORIGIN)
REGISTRY = sha256(b"registry").digest()[:20]
CHAIN = 1
BLOCK = 21_000_000
SALT = bytes(range(32))
ISSUED = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
ANCHORED = datetime(2026, 11, 23, 7, 31, tzinfo=UTC)
STORE = b"sidecar"
DIGESTS = {
    "file": sha256(b"signed bytes").hexdigest(),
    "asset": sha256(b"uploaded bytes").hexdigest(),
    "claim": sha256(b"claim").hexdigest(),
    "binding": sha256(b"binding").hexdigest(),
    "store": sha256(STORE).hexdigest(),
}
FILE = {"file": DIGESTS["file"], "asset": DIGESTS["file"]}


def attestation(issued: datetime = ISSUED) -> tuple[Leaf, Opening]:
    """The leaf that every vector is about."""
    opening = Opening(SALT, DIGESTS)
    return Leaf(Kind.ATTESTATION, issued, source_type="human", commitments=opening.commitments()), opening


def logged(size: int = 11, index: int = 4, /, *, leaf: Leaf | None = None, **changes: Any) -> ProofBundle:
    """A proof of the leaf at `index`, among others."""
    found, opening = attestation()
    found = leaf or found
    hashes = [leaf_hash(b"leaf %d" % each) for each in range(size)]
    hashes[index] = found.hash()

    def get(level: int, at: int) -> bytes:
        return root_of(hashes[at << level : (at + 1) << level])

    made = ProofBundle(
        state=ProofState.LOGGED,
        leaf=found.encode(),
        opening=opening,
        index=index,
        origin=ORIGIN,
        vkey=str(KEY.vkey),
        content=Content("image/jpeg", "Ein Foto <b>", False),
        size=size,
        inclusion=tuple(inclusion_proof(index, size, get)),
        checkpoint=Checkpoint(ORIGIN, size, root_of(hashes)).signed(KEY),
    )
    return replace(made, **changes)


def root(bundle: ProofBundle) -> bytes:
    """The root of a bundle's checkpoint."""
    return Checkpoint.parse(str(bundle.checkpoint).split("\n\n", maxsplit=1)[0] + "\n").root


def anchor(bundle: ProofBundle, **changes: Any) -> BundleAnchor:
    """The bundle's checkpoint on the public chain."""
    made = BundleAnchor(
        chain_id=CHAIN,
        registry="0x" + REGISTRY.hex(),
        log_id="0x" + LOG_ID.hex(),
        size=bundle.size or 0,
        root=root(bundle),
        transaction="0x" + "12" * 32,
        block=BLOCK,
        time=format_time(ANCHORED),
    )
    return replace(made, **changes)


def anchored(bundle: ProofBundle | None = None, **changes: Any) -> ProofBundle:
    """A proof that names its anchor without evidence."""
    base = bundle or logged()
    parts = {"state": ProofState.ANCHORED, "anchors": (anchor(base),)} | changes
    return replace(base, **parts)


def block_of(
    bundle: ProofBundle,
    *,
    later: int = 0,
    revoked: tuple[int, ...] = (),
    code_hash: bytes = CODE,
    log_id: bytes = LOG_ID,
) -> World:
    """The block of the bundle's anchor, or one that many blocks later."""
    time = int(ANCHORED.timestamp())
    held = Anchored(log_id, bundle.size or 0, root(bundle), BLOCK, time)
    return world(
        REGISTRY, held, block=BLOCK + later, time=time + 12 * later, revoked=revoked, code_hash=code_hash
    )


def evidence(bundle: ProofBundle, block: World, later: int = 0, *, revocation: bool = True) -> Evidence:
    """What shows the bundle's anchor in that block."""
    slot = anchored_slot(LAYOUT, LOG_ID, bundle.size or 0, root(bundle))
    bits = revoked_slot(LAYOUT, LOG_ID, bundle.index)
    return Evidence(
        block=BLOCK + later,
        header=block.header,
        account=block.accounts.proof(REGISTRY),
        storage=block.storage.proof(slot),
        revocation=block.storage.proof(bits) if revocation else None,
    )


def final(
    bundle: ProofBundle | None = None,
    *,
    block: World | None = None,
    later: int = 0,
    revocation: bool = True,
    anchor_changes: dict[str, Any] | None = None,
    **changes: Any,
) -> ProofBundle:
    """A proof whose anchor is shown by evidence, and whose log id is vouched for by the log's key."""
    base = bundle or logged()
    found = block or block_of(base, later=later)
    shown = evidence(base, found, later, revocation=revocation)
    placed = anchor(base, **{"evidence": shown} | (anchor_changes or {}))
    parts = {
        "state": ProofState.FINAL,
        "anchors": (placed,),
        "registrations": sign_registrations(KEY, ["0x" + LOG_ID.hex()]),
    }
    return replace(base, **parts | changes)


def cosigned(bundle: ProofBundle, keys: Sequence[CosignerKey], time: int = 1_795_000_000) -> ProofBundle:
    """The bundle with these witnesses' lines under its checkpoint."""
    note = str(bundle.checkpoint)
    text = note.split("\n\n", maxsplit=1)[0] + "\n"
    lines = "".join(str(key.cosign(text, time)) for key in keys)
    return replace(bundle, checkpoint=note + lines)
