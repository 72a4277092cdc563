"""Notice that a chain lost what it had included (wiped, set back, reorganised), and put it back."""

from collections.abc import Callable
from enum import StrEnum

from django.db import transaction

from attest.flows import outbox
from attest.models import CheckpointAnchor, Deployment, OutboxTransaction
from attest.registry.client import RegistryClient
from attest.registry.keys import AnchorKey

State = OutboxTransaction.State
FUND_BELOW = 10**18


class Healing(StrEnum):
    """What had to be done."""

    INTACT = "intact"
    CLOSED = "closed"  # what waited behind a nonce that nobody will send was signed anew
    RESCANNED = "rescanned"  # the same transactions, in other blocks
    REPLAYED = "replayed"  # the stored bytes were sent again, in nonce order
    ABANDONED = (
        "abandoned"  # they cannot be: the registry is to be deployed and the latest checkpoint anchored anew
    )


def heal(client: RegistryClient, key: AnchorKey, fund: Callable[[str], None] | None = None) -> Healing:
    """Compare our transactions with the chain and repair the difference; three reads when there is none.

    `fund` gives an address its ether back, on a chain that can. Replayed transactions are sent here and found
    by the next `confirm`. Raises ChainUnavailable and ChainMismatch.
    """
    rows = outbox.transactions(client, key.address)
    newest = rows.filter(block_number__isnull=False).last()
    if newest is not None:
        on_chain = client.nonce(key.address)
        if on_chain <= newest.nonce:
            return _replay(client, key, on_chain, fund)
    if _codeless(client):
        _abandon(client, key, from_nonce=None)
        return Healing.ABANDONED
    if _close_gap(client, key):
        return Healing.CLOSED
    if newest is None:
        return Healing.INTACT
    block = client.block(newest.block_number or 0)
    if block is not None and block.hash == newest.block_hash:
        return Healing.INTACT
    for row in rows.filter(block_number__isnull=False):
        outbox.carry_over(outbox.refresh(client, row))
    return Healing.RESCANNED


def _close_gap(client: RegistryClient, key: AnchorKey) -> bool:
    """Move what waits behind a missing nonce down to the chain's next one. Was there a gap?

    An endpoint that once told us too high a nonce leaves one, and so does a database that lost a row. The old
    bytes may still be mined one day: the registry then refuses them, for the gas of a refusal.
    """
    rows = outbox.transactions(client, key.address)
    waiting = rows.filter(state__in=outbox.IN_FLIGHT).first()
    if waiting is None or waiting.nonce == 0 or rows.filter(nonce=waiting.nonce - 1).exists():
        return False
    on_chain = client.nonce(key.address)
    known = rows.filter(nonce__gte=on_chain, nonce__lt=waiting.nonce).exists()
    if on_chain >= waiting.nonce or known:
        return False
    with transaction.atomic():
        # Under a lock that is held by every other worker's round only for a moment: one closes the gap.
        late = list(rows.select_for_update().filter(state__in=outbox.IN_FLIGHT, nonce__gt=on_chain))
        if not late or rows.filter(nonce=on_chain).exists():
            return False
        for nonce, row in enumerate(late, on_chain):
            outbox.resign(key, row, nonce)
    return True


def _replay(
    client: RegistryClient, key: AnchorKey, on_chain: int, fund: Callable[[str], None] | None
) -> Healing:
    rows = list(outbox.transactions(client, key.address).filter(nonce__gte=on_chain))
    whole = [row.nonce for row in rows] == list(range(on_chain, on_chain + len(rows)))
    if fund is not None and client.balance(key.address) < FUND_BELOW:
        fund(key.address)
    if not whole:
        _abandon(client, key, from_nonce=on_chain)
        return Healing.ABANDONED
    with transaction.atomic():
        for row in rows:
            if row.state not in outbox.IN_FLIGHT:
                outbox.forget_block(row)
        CheckpointAnchor.objects.filter(transaction__in=[row.pk for row in rows]).update(
            state=CheckpointAnchor.State.PENDING, block_number=None, block_hash="", block_time=None
        )
    outbox.broadcast_all(client, key)
    return Healing.REPLAYED


def _codeless(client: RegistryClient) -> list[Deployment]:
    """Deployments in use whose contract is not there any more."""
    found = Deployment.objects.filter(chain_id=client.chain_id, anchors__isnull=False).distinct()
    return [deployment for deployment in found if not client.has_code(deployment.address)]


def _abandon(client: RegistryClient, key: AnchorKey, from_nonce: int | None) -> None:
    """Let go of what can never be included again, and queue each log's latest checkpoint anew."""
    with transaction.atomic():
        if from_nonce is not None:
            lost = outbox.transactions(client, key.address).filter(nonce__gte=from_nonce)
            lost.update(state=State.REPLACED, error="The chain lost it and it cannot be sent again.")
        for deployment in _codeless(client):
            anchors = CheckpointAnchor.objects.filter(deployment=deployment).order_by("checkpoint__size")
            latest = anchors.last()
            if latest is None:
                continue
            # The others say that a root is on a chain where nothing is: they are not true any more.
            anchors.exclude(pk=latest.pk).delete()
            latest.state, latest.transaction = CheckpointAnchor.State.PENDING, None
            latest.block_number, latest.block_hash, latest.block_time = None, "", None
            latest.save()
