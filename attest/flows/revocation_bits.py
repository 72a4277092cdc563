"""Carry the log's revocations to the registry, many leaves in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Max, Q

from attest.flows import outbox
from attest.flows.outbox import IN_FLIGHT, Intent
from attest.models import Deployment, LeafRow, LogHead, OutboxTransaction
from attest.registry import contract
from attest.registry.client import RegistryClient
from attest.registry.keys import AnchorKey

_BATCH_WORDS = 200
MOST_WORDS = 64  # of 256 leaves; about 49,000 gas each where a word is new
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
        revoked = revoked.filter(_after(newest))
    in_order = revoked.order_by(F("revoked_by__index").asc(nulls_first=True), "index")
    missing = _missing(client, deployment, in_order.values_list("index", flat=True))
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


def _after(sent: OutboxTransaction) -> Q:
    """What was revoked after everything that this transaction carries, by the log's order.

    Not by time: a clock may be wrong by a day, and a revocation that waits for its turn may be old.
    """
    _, words, bits = contract.decode_call("revoke", bytes(sent.data))
    carried = [
        word << 8 | bit
        for word, mask in zip(words, bits, strict=True)
        for bit in range(256)
        if mask >> bit & 1
    ]
    last = LeafRow.objects.filter(index__in=carried).aggregate(Max("revoked_by__index"))
    after = last["revoked_by__index__max"]
    unplaced = Q(revoked_by__isnull=True)
    return unplaced if after is None else unplaced | Q(revoked_by__index__gt=after)


def _missing(client: RegistryClient, deployment: Deployment, in_order: Iterable[int]) -> list[int]:
    """The first of the leaves that are not revoked on the chain, as many as lie in MOST_WORDS words.

    From the front and without a gap, so that the next look may begin after them.
    """
    indexes = list(in_order)
    words = list({index >> 8: None for index in indexes})
    log = contract.as_bytes32(deployment.log_id)
    answers = client.read_many(deployment.address, [("revokedWord", (log, word)) for word in words])
    held = {word: bits for word, (bits,) in zip(words, answers, strict=True)}
    taken: list[int] = []
    touched: set[int] = set()
    for index in indexes:
        word = index >> 8
        if held[word] >> (index & 255) & 1:
            continue
        if word not in touched and len(touched) == MOST_WORDS:
            break
        touched.add(word)
        taken.append(index)
    return taken
