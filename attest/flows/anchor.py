"""Seal to chain: deploy the registry, queue checkpoints, send one transaction for the newest, learn its fate.

A checkpoint vouches for every leaf below its size, so only the newest unanchored one needs a transaction: an
attestation is anchored once a checkpoint of a larger size than its leaf's index is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Avg, Count, Max, Sum

from attest.errors import AttestError, RegistryRefused
from attest.flows import outbox
from attest.flows.deploy import ensure_registry
from attest.flows.evidence import capture_evidence
from attest.flows.heal import heal
from attest.flows.outbox import IN_FLIGHT, Intent
from attest.flows.revocation_bits import push_revocations
from attest.models import CheckpointAnchor, CheckpointRow, Deployment, OutboxTransaction
from attest.registry import contract
from attest.registry.client import RegistryClient, Stamp
from attest.registry.keys import AnchorKey
from attest.standing import Finality

__all__ = ["GasSpent", "advance", "confirm", "enqueue", "ensure_registry", "gas_spent", "push"]

AnchorState = CheckpointAnchor.State
Purpose = OutboxTransaction.Purpose
State = OutboxTransaction.State

ProofBetween = Callable[[int, int], Sequence[bytes]]
"""RFC 6962 consistency proof nodes (32 bytes each) from an old size to a new one, of our own log."""


@dataclass(frozen=True, slots=True)
class GasSpent:
    """Gas of the included checkpoint transactions of one chain."""

    transactions: int
    gas: int
    mean: float


def enqueue(checkpoint: CheckpointRow, deployment: Deployment) -> None:
    """Queue a checkpoint, in place of smaller ones still unsent. Queuing it twice changes nothing."""
    if checkpoint.size == 0:
        return
    with transaction.atomic():
        # A worker that is signing one holds this lock: what it has just claimed must not look unsent to us.
        Deployment.objects.select_for_update().get(pk=deployment.pk)
        anchors = CheckpointAnchor.objects.filter(deployment=deployment)
        newest = anchors.aggregate(Max("checkpoint__size"))["checkpoint__size__max"]
        if newest is not None and newest >= checkpoint.size:
            return
        _unsent(anchors).filter(checkpoint__size__lt=checkpoint.size).delete()
        CheckpointAnchor.objects.get_or_create(checkpoint=checkpoint, deployment=deployment)


def push(
    client: RegistryClient,
    key: AnchorKey,
    proof_between: ProofBetween,
    *,
    spend_ceiling: int | None = None,
    stale_after: timedelta = outbox.STALE_AFTER,
) -> list[OutboxTransaction]:
    """Send what is stored and unsent, raise the fees of what is stuck, and sign one transaction a registry.

    Any number of workers may run it at once. `spend_ceiling` is the most wei that one transaction may cost.
    Returns the new transactions. Raises ChainUnavailable, ChainMismatch and RegistryRefused; nothing is lost.
    """
    outbox.broadcast_all(client, key)
    outbox.bump_stuck(client, key, spend_ceiling, stale_after)
    waiting = Deployment.objects.filter(
        chain_id=client.chain_id, anchors__state=AnchorState.PENDING, anchors__transaction=None
    )
    sent = []
    for deployment in waiting.distinct():
        row = _send_newest(client, key, deployment, proof_between, spend_ceiling)
        if row is not None:
            outbox.broadcast(client, row)
            sent.append(row)
    return sent


def confirm(client: RegistryClient, settle: Callable[[], None] | None = None) -> list[CheckpointAnchor]:
    """Read the fate of every unsettled transaction. Returns the anchors that changed.

    `settle` makes an embedded chain, which mines only on demand, reach finality.
    """
    changed = _read_fates(client)
    if settle is not None and _unsettled(client).filter(state=State.INCLUDED).exists():
        settle()
        changed |= _read_fates(client)
    return list(CheckpointAnchor.objects.filter(pk__in=changed).order_by("checkpoint__size"))


def advance(
    client: RegistryClient,
    key: AnchorKey,
    proof_between: ProofBetween,
    *,
    fund: Callable[[str], None] | None = None,
    settle: Callable[[], None] | None = None,
    spend_ceiling: int | None = None,
) -> list[CheckpointAnchor]:
    """One round of a schedule: heal, push, revoke, confirm, capture. Returns the anchors that changed.

    What went before is confirmed also where nothing new can be sent. Raises as `push` does, and
    ChainUnavailable (`transaction_refused`) while the node refuses one of ours.
    """
    heal(client, key, fund)
    trouble: AttestError | None = None
    try:
        push(client, key, proof_between, spend_ceiling=spend_ceiling)
        used = Deployment.objects.filter(chain_id=client.chain_id, anchors__isnull=False)
        for deployment in used.distinct():
            push_revocations(client, key, deployment, spend_ceiling=spend_ceiling)
    except AttestError as error:
        # What cannot be sent now, as when gas is too dear, keeps nothing back that was sent before.
        trouble = error
    changed = confirm(client, settle)
    capture_evidence(client)
    if trouble is not None:
        raise trouble
    outbox.require_unrefused(client, key)
    return changed


def gas_spent(chain_id: int) -> GasSpent:
    """What checkpoints have cost on a chain."""
    rows = OutboxTransaction.objects.filter(
        chain_id=chain_id, purpose=Purpose.CHECKPOINT, gas_used__isnull=False
    ).exclude(state=State.REPLACED)
    found = rows.aggregate(count=Count("pk"), total=Sum("gas_used"), mean=Avg("gas_used"))
    return GasSpent(found["count"], found["total"] or 0, float(found["mean"] or 0.0))


# -------------------------------------------------------------------- sending


def _reference(deployment: Deployment) -> str:
    return f"deployment:{deployment.pk}"


def _checkpoints_of(deployment: Deployment) -> models.QuerySet[OutboxTransaction]:
    rows = OutboxTransaction.objects.filter(purpose=Purpose.CHECKPOINT, reference=_reference(deployment))
    return rows.exclude(state=State.REPLACED)


def _unsent(anchors: models.QuerySet[CheckpointAnchor]) -> models.QuerySet[CheckpointAnchor]:
    return anchors.filter(state=AnchorState.PENDING, transaction=None)


def _send_newest(
    client: RegistryClient,
    key: AnchorKey,
    deployment: Deployment,
    proof_between: ProofBetween,
    ceiling: int | None,
) -> OutboxTransaction | None:
    """Sign the newest unsent checkpoint, unless one is under way: its proof begins at what is anchored."""
    seen = _checkpoints_of(deployment).aggregate(Max("pk"))["pk__max"]
    if _checkpoints_of(deployment).filter(state__in=IN_FLIGHT).exists():
        return None
    anchors = CheckpointAnchor.objects.filter(deployment=deployment)
    anchor = _unsent(anchors).select_related("checkpoint").order_by("checkpoint__size").last()
    if anchor is None:
        return None
    size, root = anchor.checkpoint.size, bytes(anchor.checkpoint.root)
    stamp = client.anchored_at(deployment.address, deployment.log_id, size, root)
    if stamp is not None:
        _adopt(client, anchor, stamp)
        return None
    head = client.last(deployment.address, deployment.log_id)
    if head.size > size:
        raise RegistryRefused(
            f"The registry holds a checkpoint of {head.size} leaves and this database only one of {size}; "
            "an old backup was restored, or two services share one log.",
            code="registry_ahead",
        )
    proof = proof_between(head.size, size) if 0 < head.size < size else ()
    data = contract.checkpoint_data(deployment.log_id, size, root, proof)
    intent = Intent(Purpose.CHECKPOINT, _reference(deployment), deployment.address, data)
    price = outbox.quote(client, key.address, intent, ceiling)

    def claim() -> bool:
        # Locked, and nothing may have happened since the registry's head was read.
        Deployment.objects.select_for_update().get(pk=deployment.pk)
        free = _unsent(CheckpointAnchor.objects.select_for_update().filter(pk=anchor.pk)).exists()
        return free and _checkpoints_of(deployment).aggregate(Max("pk"))["pk__max"] == seen

    def claimed(row: OutboxTransaction) -> None:
        CheckpointAnchor.objects.filter(pk=anchor.pk).update(transaction=row)
        _unsent(anchors).filter(checkpoint__size__lt=size).delete()

    return outbox.store(client, key, intent, price, claim=claim, claimed=claimed)


def _adopt(client: RegistryClient, anchor: CheckpointAnchor, stamp: Stamp) -> None:
    """The registry holds the checkpoint although no transaction of ours says so: take its word."""
    block = client.block(stamp.block)
    anchor.state, anchor.block_number, anchor.block_time = AnchorState.INCLUDED, stamp.block, stamp.time
    anchor.block_hash = block.hash if block else ""
    anchor.save()


# -------------------------------------------------------------------- learning


def _unsettled(client: RegistryClient) -> models.QuerySet[OutboxTransaction]:
    return OutboxTransaction.objects.filter(
        chain_id=client.chain_id, state__in=(State.SIGNED, State.SENT, State.INCLUDED)
    ).order_by("nonce")


def _read_fates(client: RegistryClient) -> set[int]:
    changed: set[int] = set()
    for row in _unsettled(client):
        changed |= outbox.carry_over(outbox.refresh(client, row))
    adopted = CheckpointAnchor.objects.filter(
        deployment__chain_id=client.chain_id, transaction=None, state=AnchorState.INCLUDED
    )
    for anchor in adopted:
        finality = client.finality(anchor.block_number or 0, anchor.block_hash)
        if finality is not Finality.INCLUDED:
            anchor.state = AnchorState.FINAL if finality is Finality.FINAL else AnchorState.PENDING
            anchor.save(update_fields=["state"])
            changed.add(anchor.pk)
    return changed
