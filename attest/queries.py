"""Questions to the log's tables; nothing here writes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection, models
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When

from attest.errors import AttestError, LogInconsistent, ProofInvalid
from attest.flows.append import opening_of
from attest.flows.hashes import leaf_row_hash, row_hash
from attest.flows.kept_evidence import evidence_for
from attest.flows.published import full_note
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Leaf, check_digest, format_time
from attest.log.merkle import (
    GetHash,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from attest.log.note import VerifierKey
from attest.models import (
    CheckpointAnchor,
    CheckpointRow,
    CheckpointTimestamp,
    Cosignature,
    Deployment,
    LeafDigest,
    LeafRow,
    LogHead,
)
from attest.proofs.bundle import (
    MAX_STORE,
    MAX_TIMESTAMPS,
    BundleAnchor,
    Content,
    ProofBundle,
    ProofState,
    Timestamp,
    TimestampType,
    printable_title,
)
from attest.proofs.registrations import sign_registrations
from attest.standing import LOCAL_CHAINS, Anchor, Finality, Registration, Standing, chain_trust

_SETTLED = (CheckpointAnchor.State.INCLUDED, CheckpointAnchor.State.FINAL)
_PREFIX = re.compile(r"[0-9a-f]{5}")


class LeafUnknown(AttestError):
    """There is no such leaf, or its opening was erased."""

    code = "leaf_unknown"


def standing(digests: Mapping[str, str], vkey: VerifierKey | None = None) -> Standing:
    """What the log knows of a file with these digests (hex SHA-256), the closest match first:

    `file` (these very bytes were attested), `asset` (pass the same digest: the bytes as uploaded, before
    signing), then `claim` and `binding`, both where both are given: a variant, other bytes under the same
    claim. Pass claim and binding only of a manifest that validated. Within one step an attestation that
    stands wins over a revoked one, and the earlier over the later. Raises ValueError on a malformed digest.
    """
    for digest in digests.values():
        check_digest(digest)
    steps = [{role: digests[role]} for role in ("file", "asset") if role in digests]
    variant = {role: digests[role] for role in ("claim", "binding") if role in digests}
    for step in [*steps, variant] if variant else steps:
        leaves = _leaves_with(step)
        row = leaves.filter(revoked_by=None).first() or leaves.first()
        if row is not None:
            role = next(iter(step))
            return _standing_of(row, role if role in {"file", "asset"} else "claim", vkey)
    return Standing(Registration.NONE)


def standing_of_leaf(index: int, vkey: VerifierKey | None = None) -> Standing:
    """Where the attestation at this index stands. Raises LeafUnknown."""
    row = LeafRow.objects.filter(index=index, kind=Kind.ATTESTATION).first()
    if row is None:
        raise LeafUnknown(f"There is no attestation at index {index}.")
    return _standing_of(row, "file", vkey)


def _leaves_with(digests: Mapping[str, str]) -> QuerySet[LeafRow]:
    leaves = LeafRow.objects.filter(kind=Kind.ATTESTATION)
    for role, digest in digests.items():
        leaves = leaves.filter(digests__role=role, digests__digest=digest)
    return leaves.order_by("index")


def _standing_of(row: LeafRow, matched: str, vkey: VerifierKey | None) -> Standing:
    leaf = Leaf.parse(bytes(row.data))
    registration = Registration.ATTESTED_VARIANT if matched == "claim" else Registration.ATTESTED
    checkpoint = _covering(row.index)
    return Standing(
        registration=Registration.REVOKED if row.revoked_by_id else registration,
        leaf_index=row.index,
        leaf_sha256=bytes(row.leaf_hash).hex(),
        log_origin=LogHead.objects.values_list("origin", flat=True).first() or None,
        log_key=str(vkey) if vkey else None,
        attested_at=format_time(leaf.issued),
        source_type=leaf.source_type,
        checkpoint_size=checkpoint.size if checkpoint else None,
        revoked_at=format_time(row.revoked_at) if row.revoked_at else None,
        anchors=_anchors_of(row.index),
        matched=matched,
    )


def _covering(index: int) -> CheckpointRow | None:
    """The first checkpoint over a leaf."""
    return CheckpointRow.objects.filter(size__gt=index).order_by("size").first()


def _anchors_of(index: int) -> tuple[Anchor, ...]:
    """For each registry, the first anchor that covers a leaf, a settled one rather than a pending one."""
    found = []
    for deployment in Deployment.objects.order_by("pk"):
        covering = CheckpointAnchor.objects.filter(deployment=deployment, checkpoint__size__gt=index)
        covering = covering.select_related("transaction").order_by("checkpoint__size")
        anchor = covering.filter(state__in=_SETTLED).first() or covering.first()
        if anchor is not None:
            found.append(_anchor(anchor, deployment))
    return tuple(found)


def _anchor(anchor: CheckpointAnchor, deployment: Deployment) -> Anchor:
    return Anchor(
        chain_id=deployment.chain_id,
        registry=deployment.address,
        block=anchor.block_number,
        time=format_time(anchor.block_time) if anchor.block_time else None,
        finality=Finality(anchor.state),
        trust=chain_trust(deployment.chain_id),
        transaction=anchor.transaction.hash if anchor.transaction else None,
    )


def proof_for(
    leaf_index: int,
    vkey: VerifierKey,
    *,
    media_type: str = "application/octet-stream",
    title: str | None = None,
    store: bytes | None = None,
    registrations: str | None = None,
) -> ProofBundle:
    """The self-contained proof of an attestation, as far as it has come.

    Its checkpoint is the first that covers the leaf on a public chain, else on a local one, and among
    those the first that was time-stamped, else cosigned; without an anchor the first that covers the leaf.
    Without any checkpoint the proof is pending. `store` is the sidecar of a detached manifest; over 8 MiB it
    is left out. `registrations` is the log key's word on its ids (`registrations_of`). The proof is verified
    before it is handed out. Raises ValueError on a store that was not logged, LeafUnknown where the leaf is
    no attestation or was erased, LogInconsistent where the rows contradict the checkpoint.
    """
    row = LeafRow.objects.filter(index=leaf_index, kind=Kind.ATTESTATION).first()
    opening = opening_of(row) if row else None
    if row is None or opening is None:
        raise LeafUnknown(f"There is no attestation at index {leaf_index}, or its link was erased.")
    first = _best_settled(leaf_index)
    checkpoint = first.checkpoint if first else _covering(leaf_index)
    anchors = _bundle_anchors(checkpoint, row.index) if checkpoint and first else ()
    state = ProofState.PENDING if checkpoint is None else ProofState.LOGGED
    if first is not None and checkpoint is not None:
        final = checkpoint.anchors.filter(state=CheckpointAnchor.State.FINAL).exists()
        state = ProofState.FINAL if final else ProofState.ANCHORED
    if store is not None and opening.digests.get("store") != sha256(store).hexdigest():
        raise ValueError("this is not the manifest store that was logged")
    label = printable_title(title) if title else None
    return ProofBundle(
        state=state,
        leaf=bytes(row.data),
        opening=opening,
        index=row.index,
        origin=vkey.name,
        vkey=str(vkey),
        content=Content(media_type, label, detached=store is not None),
        size=checkpoint.size if checkpoint else None,
        inclusion=_inclusion(row, checkpoint) if checkpoint else (),
        checkpoint=full_note(checkpoint) if checkpoint else None,
        anchors=anchors,
        store=store if store is not None and len(store) <= MAX_STORE else None,
        timestamps=timestamps_of(checkpoint) if checkpoint else (),
        registrations=registrations if anchors else None,
    )


def _best_settled(leaf_index: int) -> CheckpointAnchor | None:
    """The best anchor over a leaf that a chain holds: on a public chain rather than a local one, then the
    first whose checkpoint others stamped, else cosigned, else the first."""
    settled = CheckpointAnchor.objects.filter(checkpoint__size__gt=leaf_index, state__in=_SETTLED)
    stamped = CheckpointTimestamp.objects.filter(checkpoint=OuterRef("checkpoint"))
    cosigned = Cosignature.objects.filter(checkpoint=OuterRef("checkpoint"))
    ranked = settled.annotate(
        local=Q(deployment__chain_id__in=LOCAL_CHAINS),
        vouched=Case(When(Exists(stamped), then=0), When(Exists(cosigned), then=1), default=2),
    )
    in_order = ranked.order_by("local", "vouched", "checkpoint__size")
    return in_order.select_related("checkpoint").first()


def _inclusion(row: LeafRow, checkpoint: CheckpointRow) -> tuple[bytes, ...]:
    def proof(get_hash: GetHash) -> tuple[bytes, ...]:
        path = inclusion_proof(row.index, checkpoint.size, get_hash)
        verify_inclusion(row.index, checkpoint.size, bytes(row.leaf_hash), path, bytes(checkpoint.root))
        return tuple(path)

    try:
        return proof(row_hash)
    except ProofInvalid:
        # A damaged stored subtree must not stop proofs that the leaves still give; fsck names it.
        try:
            return proof(leaf_row_hash)
        except ProofInvalid as error:
            raise LogInconsistent(
                f"Leaf {row.index} is not under checkpoint {checkpoint.size}.", code="checkpoint_root_differs"
            ) from error


def registrations_of(key: LogKey) -> str | None:
    """The note in which the log's key names the ids it is registered under; None before any is."""
    ids = set(Deployment.objects.values_list("log_id", flat=True))
    return sign_registrations(key, ids) if ids else None


def _bundle_anchors(checkpoint: CheckpointRow, index: int) -> tuple[BundleAnchor, ...]:
    anchors = checkpoint.anchors.filter(state__in=_SETTLED).select_related("deployment", "transaction")
    return tuple(
        _with_evidence(
            each,
            index,
            BundleAnchor(
                chain_id=each.deployment.chain_id,
                registry=each.deployment.address,
                log_id=each.deployment.log_id.lower(),
                size=checkpoint.size,
                root=bytes(checkpoint.root),
                transaction=each.transaction.hash.lower() if each.transaction else None,
                block=each.block_number,
                block_hash=each.block_hash.lower() or None,
                time=format_time(each.block_time) if each.block_time else None,
            ),
        )
        for each in anchors.order_by("pk")
    )


def _with_evidence(row: CheckpointAnchor, index: int, anchor: BundleAnchor) -> BundleAnchor:
    """The anchor with what shows it, where that was captured and still adds up."""
    evidence = evidence_for(row, index)
    if evidence is None or anchor.block is None or anchor.time is None:
        return anchor
    shown = replace(anchor, evidence=evidence)
    try:
        shown.shown(index)
    except ProofInvalid:
        # Captured before a reorganisation, say: a proof without it is worth more than none.
        return anchor
    return shown


def proof_between(size1: int, size2: int) -> list[bytes]:
    """The consistency proof between two sizes of our own log, for a contract or a monitor.

    Verified first where checkpoints of both sizes exist. Raises ValueError out of range, LogInconsistent
    (`checkpoint_root_differs`) where the rows contradict those checkpoints.
    """
    head = LogHead.objects.values_list("size", flat=True).first() or 0
    if size2 > head:
        raise ValueError(f"the log has {head} leaves, not {size2}")
    proof = consistency_proof(size1, size2, row_hash)
    roots = {each.size: bytes(each.root) for each in CheckpointRow.objects.filter(size__in=(size1, size2))}
    if size1 in roots and size2 in roots:
        try:
            verify_consistency(size1, size2, roots[size1], roots[size2], proof)
        except ProofInvalid as error:
            raise LogInconsistent(
                f"Checkpoint {size2} does not extend {size1}.", code="checkpoint_root_differs"
            ) from error
    return proof


@dataclass(frozen=True, slots=True)
class Known:
    """A file's digest (hex SHA-256) that the log knows: where, and whether that attestation was revoked."""

    digest: str
    leaf_index: int
    revoked: bool


# By hand: composing it costs more than running it, and this is the busiest question there is. As a range and
# not LIKE, which would not use the index on SQLite; "g" sorts after every hex digit.
_UNDER = """
    SELECT d.digest, l."index", l.revoked_at IS NOT NULL
    FROM attest_leafdigest d JOIN attest_leafrow l ON l.id = d.leaf_id
    WHERE d.digest >= %s AND d.digest < %s AND d.role IN ('file', 'asset')
"""


def known_under(prefix5: str) -> list[Known]:
    """What the log knows of digests that begin with these five hex digits, by digest, one entry each.

    Whoever asks tells us only that prefix (k-anonymity). Raises ValueError on another prefix.
    """
    if not _PREFIX.fullmatch(prefix5):
        raise ValueError("a prefix is five lower-case hex digits")
    with connection.cursor() as cursor:
        cursor.execute(_UNDER, [prefix5, f"{prefix5}g"])
        return _distinct(cursor.fetchall())


def known_among(digests: Iterable[str]) -> list[Known]:
    """What the log knows of these digests, by digest, one entry each."""
    rows = LeafDigest.objects.filter(digest__in=set(digests), role__in=("file", "asset"))
    revoked = models.Q(leaf__revoked_at__isnull=False)
    return _distinct(rows.annotate(revoked=revoked).values_list("digest", "leaf__index", "revoked"))


def _distinct(rows: Iterable[tuple[str, int, bool]]) -> list[Known]:
    """An attestation that stands beats a revoked one, then the earliest leaf."""
    best: dict[str, tuple[bool, int]] = {}
    for digest, index, revoked in rows:
        found = (bool(revoked), index)
        if digest not in best or found < best[digest]:
            best[digest] = found
    return [Known(digest, index, revoked) for digest, (revoked, index) in sorted(best.items())]


def leaf_by_key(key: str) -> LeafRow | None:
    """The leaf that was appended under a key, or None."""
    return LeafRow.objects.filter(key=key).first()


def latest_checkpoint() -> CheckpointRow | None:
    """The largest checkpoint, or None before the first."""
    return CheckpointRow.objects.order_by("-size").first()


def timestamps_of(checkpoint: CheckpointRow) -> tuple[Timestamp, ...]:
    """The time stamps of a checkpoint, at most eight of at most 64 KiB, those that say a time now first."""
    rows = checkpoint.timestamps.order_by("-complete", "pk")[:MAX_TIMESTAMPS]
    return tuple(Timestamp(TimestampType(each.type), bytes(each.data)) for each in rows)


def anchored_size() -> int:
    """Leaves below this index are anchored on at least one chain; 0 before the first anchor."""
    sizes = CheckpointAnchor.objects.filter(state__in=_SETTLED).order_by("-checkpoint__size")
    return sizes.values_list("checkpoint__size", flat=True).first() or 0


def sealed_size() -> int:
    """How many leaves the newest checkpoint covers."""
    return CheckpointRow.objects.order_by("-size").values_list("size", flat=True).first() or 0


def checkpoint_to_anchor(patience: timedelta, now: datetime) -> CheckpointRow | None:
    """The newest checkpoint that a witness cosigned, so that one proof can carry both; None before any.

    The newest of all where the checkpoint after the cosigned one has waited for its witness longer than
    `patience` (zero: wait for nobody), or where the clock cannot say.
    """
    cosigned = CheckpointRow.objects.filter(cosignatures__isnull=False).order_by("-size").first()
    waiting = CheckpointRow.objects.filter(size__gt=cosigned.size if cosigned else 0).order_by("size")
    following = waiting.first()
    if following is None or timedelta(0) <= now - following.created_at < patience:
        return cosigned
    return waiting.last()


def leaf_counts() -> dict[str, int]:
    """How many leaves there are of each kind that occurs."""
    counted = LeafRow.objects.order_by().values_list("kind").annotate(Count("pk"))
    return dict(counted)


def log_size() -> int:
    """How many leaves were appended, sealed or not."""
    return LogHead.objects.values_list("size", flat=True).first() or 0


def final_size() -> int:
    """Leaves below this index are under a final anchor on at least one chain; 0 before the first."""
    sizes = CheckpointAnchor.objects.filter(state=CheckpointAnchor.State.FINAL).order_by("-checkpoint__size")
    return sizes.values_list("checkpoint__size", flat=True).first() or 0
