"""Carry the log's revocations to the registry, many leaves in one transaction."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from django.db.models import Max

from attest.flows import outbox
from attest.flows.outbox import IN_FLIGHT, Intent
from attest.models import Deployment, LeafRow, OutboxTransaction
from attest.registry import contract
from attest.registry.client import RegistryClient
from attest.registry.keys import AnchorKey

MOST_WORDS = 64  # of 256 leaves; about 49,000 gas each where a word is new
# A revocation may have been written a while before its database transaction was seen by us.
_LOOK_BACK = timedelta(minutes=10)
State = OutboxTransaction.State


def push_revocations(
    client: RegistryClient, key: AnchorKey, deployment: Deployment, *, spend_ceiling: int | None = None
) -> OutboxTransaction | None:
    """Send the bits that the registry lacks, in one transaction; None if it has them all or one is under way.

    Raises as `anchor.push` does.
    """
    reference = f"deployment:{deployment.pk}"
    ours = OutboxTransaction.objects.filter(purpose=OutboxTransaction.Purpose.REVOKE, reference=reference)
    ours = ours.exclude(state__in=(State.REPLACED, State.FAILED))
    seen = ours.aggregate(Max("pk"))["pk__max"]
    if ours.filter(state__in=IN_FLIGHT).exists():
        return None
    revoked = LeafRow.objects.filter(revoked_at__isnull=False)
    newest = ours.order_by("pk").last()
    if newest is not None and newest.block_number is not None:
        revoked = revoked.filter(revoked_at__gte=newest.created_at - _LOOK_BACK)
    missing = _missing(client, deployment, revoked.order_by("index").values_list("index", flat=True))
    if not missing:
        return None
    data = contract.revoke_data(deployment.log_id, missing)
    intent = Intent(OutboxTransaction.Purpose.REVOKE, reference, deployment.address, data)
    price = outbox.quote(client, key.address, intent, spend_ceiling)

    def claim() -> bool:
        Deployment.objects.select_for_update().get(pk=deployment.pk)
        return bool(ours.aggregate(Max("pk"))["pk__max"] == seen)

    row = outbox.store(client, key, intent, price, claim=claim)
    if row is not None:
        outbox.broadcast(client, row)
    return row


def _missing(client: RegistryClient, deployment: Deployment, indexes: Iterable[int]) -> list[int]:
    """Those of the leaves that are not revoked on the chain, of as many words as one transaction takes."""
    words: dict[int, list[int]] = {}
    for index in indexes:
        words.setdefault(index >> 8, []).append(index)
    log = contract.as_bytes32(deployment.log_id)
    answers = client.read_many(deployment.address, [("revokedWord", (log, word)) for word in words])
    lacking: dict[int, list[int]] = {}
    for (word, members), (bits,) in zip(words.items(), answers, strict=True):
        rest = [index for index in members if not bits >> (index & 255) & 1]
        if rest:
            lacking[word] = rest
    return [index for members in islice(lacking.values(), MOST_WORDS) for index in members]
