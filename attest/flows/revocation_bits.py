"""Carry the log's revocations to the registry, many leaves in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.db.models import Max

from attest.flows import outbox
from attest.flows.outbox import IN_FLIGHT, Intent
from attest.models import Deployment, LeafRow, LogHead, OutboxTransaction
from attest.registry import contract
from attest.registry.client import RegistryClient
from attest.registry.keys import AnchorKey

_BATCH_WORDS = 200
MOST_WORDS = 64  # of 256 leaves; about 49,000 gas each where a word is new
# A revocation may have been written a while before its database transaction was seen by us.
_LOOK_BACK = timedelta(minutes=10)
State = OutboxTransaction.State


def push_revocations(
    client: RegistryClient,
    key: AnchorKey,
    deployment: Deployment,
    *,
    spend_ceiling: int | None = None,
    everything: bool = False,
) -> OutboxTransaction | None:
    """Send the bits that the registry lacks, in one transaction; None if it has them all or one is under way.

    Looks at what was revoked since the last such transaction, with `everything` at all there is. Raises as
    `anchor.push` does.
    """
    reference = f"deployment:{deployment.pk}"
    ours = OutboxTransaction.objects.filter(purpose=OutboxTransaction.Purpose.REVOKE, reference=reference)
    ours = ours.exclude(state__in=(State.REPLACED, State.FAILED))
    seen = ours.aggregate(Max("pk"))["pk__max"]
    if ours.filter(state__in=IN_FLIGHT).exists():
        return None
    revoked = LeafRow.objects.filter(revoked_at__isnull=False)
    newest = ours.order_by("pk").last()
    if newest is not None and newest.block_number is not None and not everything:
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


@dataclass(frozen=True, slots=True)
class DifferingBits:
    """Leaf indexes: `missing` are revoked in the log alone, `foreign` on the chain alone."""

    missing: tuple[int, ...]
    foreign: tuple[int, ...]


def differing_bits(client: RegistryClient, deployment: Deployment) -> DifferingBits:
    """Compare every revocation word of the log with the registry's; what is not anchored yet is not missing.

    The log is read after the chain, so that what a worker does meanwhile is no foreign bit. Raises as the
    client does.
    """
    size = LogHead.objects.values_list("size", flat=True).first() or 0
    log = contract.as_bytes32(deployment.log_id)
    found: dict[int, int] = {}
    for begin in range(0, -(-size // 256), _BATCH_WORDS):
        words = range(begin, min(begin + _BATCH_WORDS, -(-size // 256)))
        answers = client.read_many(deployment.address, [("revokedWord", (log, word)) for word in words])
        found |= {word: bits for word, (bits,) in zip(words, answers, strict=True)}
    on_chain = {
        word << 8 | bit for word, bits in found.items() if bits for bit in range(256) if bits >> bit & 1
    }
    anchored = deployment.anchors.exclude(state="pending").aggregate(Max("checkpoint__size"))
    settled = anchored["checkpoint__size__max"] or 0
    revoked = LeafRow.objects.filter(revoked_at__isnull=False, index__lt=size)
    in_log = set(revoked.values_list("index", flat=True))
    due = set(revoked.filter(revoked_by__index__lt=settled).values_list("index", flat=True))
    return DifferingBits(tuple(sorted(due - on_chain)), tuple(sorted(on_chain - in_log)))


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
