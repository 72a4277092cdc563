"""The outbox: a transaction is signed and stored before it is broadcast, and its fate is read from the chain.

One nonce sequence per sender and chain, held by the table's unique constraint, so that any number of workers
may push at once. A crash at any point leaves a row that is sent again, never a second transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from attest.errors import ChainUnavailable
from attest.models import CheckpointAnchor, OutboxTransaction
from attest.registry.client import Receipt, RegistryClient
from attest.registry.keys import AnchorKey
from attest.registry.rpc import RpcRefusal
from attest.registry.signing import Draft, Fees, affordable, bump, sign, suggest, with_margin
from attest.standing import Finality

State = OutboxTransaction.State
IN_FLIGHT = (State.SIGNED, State.SENT)
INCLUDED = (State.INCLUDED, State.FINAL)
STALE_AFTER = timedelta(minutes=3)
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Intent:
    """What a transaction is for, before it has a nonce; `to` is None for a plain creation."""

    purpose: str
    reference: str
    to: str | None
    data: bytes


def transactions(client: RegistryClient, sender: str) -> QuerySet[OutboxTransaction]:
    """This sender's transactions on this chain, replaced ones left out, in nonce order."""
    rows = OutboxTransaction.objects.filter(chain_id=client.chain_id, sender=sender)
    return rows.exclude(state=State.REPLACED).order_by("nonce")


def quote(client: RegistryClient, sender: str, intent: Intent, ceiling: int | None) -> tuple[int, Fees]:
    """Gas limit and fees. Raises RegistryRefused if it would revert, SpendCeilingReached if too dear."""
    gas = with_margin(client.estimate_gas(sender, intent.to, intent.data))
    base_fee, tip = client.base_fee_and_tip()
    return gas, affordable(gas, suggest(base_fee, tip), ceiling, least=Fees(base_fee + tip, tip))


def store(
    client: RegistryClient,
    key: AnchorKey,
    intent: Intent,
    price: tuple[int, Fees],
    *,
    claim: Callable[[], bool] = lambda: True,
    claimed: Callable[[OutboxTransaction], None] = lambda row: None,
) -> OutboxTransaction | None:
    """Sign under the next nonce and store; nothing is sent yet.

    `claim` runs under the lock and may call the whole thing off (None is returned); `claimed` runs in the
    same database transaction with the new row.
    """
    on_chain = client.nonce(key.address)
    gas, fees = price
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                if not claim():
                    return None
                newest = transactions(client, key.address).aggregate(Max("nonce"))["nonce__max"]
                # The chain may be ahead of us: the key was used elsewhere, or an old backup was restored.
                nonce = on_chain if newest is None else max(newest + 1, on_chain)
                draft = Draft(client.chain_id, nonce, intent.to, intent.data, gas, fees)
                row = _insert(key, intent, draft)
                claimed(row)
                return row
        except IntegrityError:
            # Another worker took the nonce between our look and our insert (PostgreSQL); look again.
            continue
    raise ChainUnavailable(
        "Other workers took every nonce that was tried; trying later.", code="nonce_contended"
    )


def _insert(key: AnchorKey, intent: Intent, draft: Draft) -> OutboxTransaction:
    signed = sign(key, draft)
    # A chain that lost everything may be due the very same bytes: the row that was let go counts again.
    again = OutboxTransaction.objects.filter(hash=signed.hash, state=State.REPLACED).first()
    if again is not None:
        again.state, again.error = State.SIGNED, ""
        again.block_number, again.block_hash, again.block_time, again.gas_used = None, "", None, None
        again.save()
        return again
    return OutboxTransaction.objects.create(
        chain_id=draft.chain_id,
        sender=key.address,
        nonce=draft.nonce,
        purpose=intent.purpose,
        reference=intent.reference,
        to=draft.to or "",
        data=draft.data,
        gas=draft.gas,
        max_fee=draft.fees.max_fee,
        max_priority_fee=draft.fees.priority,
        raw=signed.raw,
        hash=signed.hash,
    )


def broadcast(client: RegistryClient, row: OutboxTransaction) -> bool:
    """Make sure that the chain's nodes know it. False if all refuse it; the reason is kept in `error`."""
    try:
        client.send(bytes(row.raw))
    except RpcRefusal as refusal:
        OutboxTransaction.objects.filter(pk=row.pk).update(error=str(refusal))
        return False
    OutboxTransaction.objects.filter(pk=row.pk, state__in=IN_FLIGHT).update(state=State.SENT, error="")
    return True


def broadcast_all(client: RegistryClient, key: AnchorKey) -> int:
    """Send again what is signed and not in a block, lowest nonce first. How many the node now knows."""
    known = 0
    for row in transactions(client, key.address).filter(state__in=IN_FLIGHT):
        if not broadcast(client, row):
            break  # a later nonce cannot go before this one
        known += 1
    return known


def is_underpriced(client: RegistryClient, row: OutboxTransaction) -> bool:
    """Does the transaction offer less than a new one would?

    If not, its price is not what it waits for, and raising it round after round would only burn ether.
    """
    market = suggest(*client.base_fee_and_tip())
    return row.max_fee < market.max_fee or row.max_priority_fee < market.priority


def require_unrefused(client: RegistryClient, key: AnchorKey) -> None:
    """Raise ChainUnavailable (`transaction_refused`) with the node's reason while it refuses one of ours."""
    refused = transactions(client, key.address).filter(state__in=IN_FLIGHT).exclude(error="").first()
    if refused is not None:
        raise ChainUnavailable(
            f"The {refused.purpose} transaction waits: {refused.error}", code="transaction_refused"
        )


def resign(key: AnchorKey, row: OutboxTransaction, nonce: int) -> OutboxTransaction:
    """The same call for the same fees at another nonce; `row` becomes replaced."""
    draft = Draft(
        row.chain_id,
        nonce,
        row.to or None,
        bytes(row.data),
        row.gas,
        Fees(row.max_fee, row.max_priority_fee),
    )
    return _instead(key, row, draft)


def bump_stuck(
    client: RegistryClient, key: AnchorKey, ceiling: int | None, stale_after: timedelta = STALE_AFTER
) -> None:
    """Offer more for the oldest transaction under way, if it waits for that. Raises SpendCeilingReached."""
    oldest = transactions(client, key.address).filter(state__in=IN_FLIGHT).first()
    if oldest is None:
        return
    age = timezone.now() - oldest.created_at
    # One that was signed in the future was signed before our clock was set back: nobody knows its age.
    if not oldest.error and timedelta(0) <= age < stale_after:
        return
    row = refresh(client, oldest)
    if row.state not in IN_FLIGHT:
        carry_over(row)
    elif is_underpriced(client, row):
        broadcast(client, replace(client, key, row, ceiling))


def replace(
    client: RegistryClient, key: AnchorKey, row: OutboxTransaction, ceiling: int | None
) -> OutboxTransaction:
    """The same call at the same nonce for higher fees; `row` becomes replaced. Raises SpendCeilingReached."""
    base_fee, tip = client.base_fee_and_tip()
    offered = Fees(row.max_fee, row.max_priority_fee)
    least = bump(offered, Fees(base_fee + tip, tip))
    fees = affordable(row.gas, bump(offered, suggest(base_fee, tip)), ceiling, least=least)
    return _instead(key, row, Draft(row.chain_id, row.nonce, row.to or None, bytes(row.data), row.gas, fees))


def _instead(key: AnchorKey, row: OutboxTransaction, draft: Draft) -> OutboxTransaction:
    intent = Intent(row.purpose, row.reference, draft.to, draft.data)
    with transaction.atomic():
        taken = OutboxTransaction.objects.filter(pk=row.pk, state__in=IN_FLIGHT).update(state=State.REPLACED)
        if not taken:
            row.refresh_from_db()
            return row
        newer = _insert(key, intent, draft)
        CheckpointAnchor.objects.filter(transaction=row).update(transaction=newer)
    return newer


def refresh(client: RegistryClient, row: OutboxTransaction) -> OutboxTransaction:
    """Read the transaction's fate: included (or no longer), failed, final. Returns the row that counts now.

    After a fee bump either version may have been mined; the mined one becomes the row of its nonce.
    """
    receipt = client.receipt(row.hash)
    if receipt is None:
        mined = _mined_sibling(client, row)
        if mined is None:
            return _not_in_a_block(client, row)
        row, receipt = mined
    return _record(client, row, receipt)


def _mined_sibling(
    client: RegistryClient, row: OutboxTransaction
) -> tuple[OutboxTransaction, Receipt] | None:
    replaced = OutboxTransaction.objects.filter(
        chain_id=row.chain_id, sender=row.sender, nonce=row.nonce, purpose=row.purpose, state=State.REPLACED
    )
    for sibling in replaced.order_by("-pk"):
        receipt = client.receipt(sibling.hash)
        if receipt is not None:
            with transaction.atomic():
                OutboxTransaction.objects.filter(pk=row.pk).update(state=State.REPLACED)
                OutboxTransaction.objects.filter(pk=sibling.pk).update(state=State.SENT)
                CheckpointAnchor.objects.filter(transaction=row).update(transaction=sibling)
            sibling.refresh_from_db()
            return sibling, receipt
    return None


def _not_in_a_block(client: RegistryClient, row: OutboxTransaction) -> OutboxTransaction:
    if row.state in INCLUDED:
        # A reorganisation took its block away; the signed bytes are still good.
        forget_block(row)
    elif client.nonce(row.sender) > row.nonce and client.receipt(row.hash) is None:
        # Read in this order: once the nonce is spent, a receipt of ours would be there.
        row.state = State.FAILED
        row.error = "Another transaction of the same key took its nonce."
        row.save(update_fields=["state", "error", "updated_at"])
    return row


def forget_block(row: OutboxTransaction) -> None:
    """Back to sent: the block that held it is gone."""
    row.state, row.block_number, row.block_hash, row.block_time = State.SENT, None, "", None
    row.gas_used = None
    row.save(update_fields=["state", "block_number", "block_hash", "block_time", "gas_used", "updated_at"])


def _record(client: RegistryClient, row: OutboxTransaction, receipt: Receipt) -> OutboxTransaction:
    block = client.block(receipt.block_number)
    if block is None or block.hash.lower() != receipt.block_hash.lower():
        return row  # the chain is changing under us; the next look will tell
    row.block_number, row.block_hash, row.block_time = block.number, block.hash, block.time
    row.gas_used = receipt.gas_used
    if not receipt.succeeded:
        row.state, row.error = State.FAILED, "The contract reverted."
    elif client.finality(block.number, block.hash) is Finality.FINAL:
        row.state, row.error = State.FINAL, ""
    else:
        row.state, row.error = State.INCLUDED, ""
    row.save()
    return row


def carry_over(row: OutboxTransaction) -> set[int]:
    """Give a transaction's fate to the anchors that wait on it. The ids of those that changed."""
    anchors = CheckpointAnchor.objects.filter(transaction=row)
    fate: dict[str, object] = {"state": CheckpointAnchor.State.PENDING, "block_number": None}
    fate |= {"block_hash": "", "block_time": None}
    if row.state in INCLUDED:
        fate = {"state": CheckpointAnchor.State(row.state), "block_number": row.block_number}
        fate |= {"block_hash": row.block_hash, "block_time": row.block_time}
    elif row.state == State.FAILED:
        fate["transaction"] = None
    differing = [
        anchor.pk for anchor in anchors if any(getattr(anchor, name) != value for name, value in fate.items())
    ]
    CheckpointAnchor.objects.filter(pk__in=differing).update(**fate)
    return set(differing)
