"""Keep what shows an anchor without a node, while nodes still give it."""

import logging
from datetime import timedelta

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from attest.errors import ChainUnavailable
from attest.models import AnchorEvidence, CheckpointAnchor, OutboxTransaction
from attest.proofs import rlp
from attest.registry import contract
from attest.registry.client import RegistryClient
from attest.registry.evidence import Captured, capture

log = logging.getLogger(__name__)

AT_ONCE = 8
_RECENT = timedelta(days=1)
MAX_WORDS = 64
LEAST_WORDS = 8
_FINAL = CheckpointAnchor.State.FINAL


def capture_evidence(client: RegistryClient) -> int:
    """Capture evidence for final anchors that have none, or whose leaves were revoked since. How many it was.

    At most 8 a round, the newest first. A node that gives no proofs is no failure: proofs then go without.
    """
    on_chain = AnchorEvidence.objects.filter(anchor__deployment__chain_id=client.chain_id)
    # A reorganisation or a lost chain made these untrue.
    on_chain.exclude(anchor__state=_FINAL).delete()
    finals = CheckpointAnchor.objects.filter(deployment__chain_id=client.chain_id, state=_FINAL)
    wanted = finals.filter(Q(evidence=None) | Q(pk__in=_outdated(client.chain_id)))
    done = 0
    for anchor in wanted.select_related("checkpoint", "deployment").order_by("-checkpoint__size")[:AT_ONCE]:
        try:
            _store(anchor, _captured(client, anchor))
        except ChainUnavailable as error:
            log.info("no evidence of checkpoint %s: %s (%s)", anchor.checkpoint.size, error, error.code)
            break
        done += 1
    return done


def _outdated(chain_id: int) -> set[int]:
    """Anchors whose evidence is older than a revocation that became final of late, among their leaves."""
    revocations = OutboxTransaction.objects.filter(
        chain_id=chain_id,
        purpose=OutboxTransaction.Purpose.REVOKE,
        state=OutboxTransaction.State.FINAL,
        updated_at__gt=timezone.now() - _RECENT,
    )
    found: set[int] = set()
    for row in revocations:
        words = contract.decode_call("revoke", bytes(row.data))[1]
        anchors = CheckpointAnchor.objects.filter(deployment__address=row.to, deployment__chain_id=chain_id)
        for word in words:
            found |= _first_over(anchors, word, row.block_number or 0)
    return found


def _first_over(anchors: QuerySet[CheckpointAnchor], word: int, block: int) -> set[int]:
    """Those anchors that are the first to cover a leaf of that word, with evidence from before the block."""
    covering = anchors.filter(state=_FINAL, checkpoint__size__gt=word << 8).order_by("checkpoint__size")
    found = set()
    for pk, size, shown in covering.values_list("pk", "checkpoint__size", "evidence__block_number")[:257]:
        if shown is not None and shown < block:
            found.add(pk)
        if size >= word + 1 << 8:
            break
    return found


def _captured(client: RegistryClient, anchor: CheckpointAnchor) -> Captured:
    checkpoint, deployment = anchor.checkpoint, anchor.deployment
    client.require_registry(deployment.address)
    place = (deployment.address, deployment.log_id, checkpoint.size, bytes(checkpoint.root))
    return capture(client, *place, words=_words(anchor))


def _words(anchor: CheckpointAnchor) -> list[int]:
    """The words of the leaves that this anchor is the first to cover, of many the last 64; but at least 8.

    A proof may prefer a later checkpoint than the first over its leaf, one that others stamped, say.
    """
    earlier = CheckpointAnchor.objects.filter(
        deployment=anchor.deployment, state=_FINAL, checkpoint__size__lt=anchor.checkpoint.size
    )
    begin = earlier.aggregate(Max("checkpoint__size"))["checkpoint__size__max"] or 0
    end = (anchor.checkpoint.size - 1 >> 8) + 1
    first = max(min(begin >> 8, end - LEAST_WORDS), end - MAX_WORDS, 0)
    return list(range(first, end))


def _store(anchor: CheckpointAnchor, found: Captured) -> None:
    AnchorEvidence.objects.update_or_create(
        anchor=anchor,
        defaults={
            "block_number": found.block,
            "header": found.header,
            "account": rlp.encode(list(found.account)),
            "storage": rlp.encode(list(found.storage)),
            "revocation": rlp.encode(
                [[rlp.number(word), list(nodes)] for word, nodes in found.revocation.items()]
            ),
            "captured_at": timezone.now(),
        },
    )
