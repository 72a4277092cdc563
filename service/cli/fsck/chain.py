"""The log against the chains: anchors that are said to be there, what the registry holds, revocation bits."""

from collections.abc import Iterator

from attest.errors import AttestError
from attest.flows import anchor as flow
from attest.flows.hashes import row_hash
from attest.flows.outbox import IN_FLIGHT
from attest.flows.revocation_bits import differing_bits, push_revocations
from attest.log.merkle import range_at
from attest.models import CheckpointAnchor, CheckpointRow, Deployment, OutboxTransaction
from attest.queries import latest_checkpoint, log_size
from service.cli import chains
from service.cli.fsck.difference import Difference, Skipped
from service.wiring import Chain


def differences(skipped: list[Skipped]) -> Iterator[Difference]:
    """What the registries contradict. A chain that does not answer is added to `skipped`."""
    asked: set[int] = set()
    for chain in chains.reachable():
        try:
            asked.add(chain.client.chain_id)
            for deployment in _deployments(chain):
                yield from _of_deployment(chain, deployment)
        except AttestError as error:
            skipped.append(Skipped("chain", str(error)))
    for chain_id in (
        Deployment.objects.exclude(chain_id__in=asked).values_list("chain_id", flat=True).distinct()
    ):
        skipped.append(Skipped("chain", f"Chain {chain_id} was not asked: no RPC address is known for it."))


def repair(found: list[Difference]) -> None:
    """Correct anchors by what the registry says, queue the newest checkpoint and the bits that are missing.

    What was queued goes out with the next round of anchoring.
    """
    for chain in chains.reachable():
        for deployment in _deployments(chain):
            for anchor in _settled(deployment):
                _correct(chain, anchor)
            checkpoint = latest_checkpoint()
            if checkpoint is not None:
                flow.enqueue(checkpoint, deployment)
            if differing_bits(chain.client, deployment).missing:
                push_revocations(
                    chain.client, chain.key, deployment, spend_ceiling=chain.spend_ceiling, everything=True
                )


def _deployments(chain: Chain) -> list[Deployment]:
    return list(Deployment.objects.filter(chain_id=chain.client.chain_id).order_by("pk"))


def _of_deployment(chain: Chain, deployment: Deployment) -> Iterator[Difference]:
    for anchor in _settled(deployment):
        checkpoint = anchor.checkpoint
        stamp = chain.client.anchored_at(
            deployment.address, deployment.log_id, checkpoint.size, bytes(checkpoint.root)
        )
        if stamp is None:
            yield _differs(anchor, "is not known to the registry")
        elif anchor.block_number not in (None, stamp.block):
            yield _differs(anchor, f"is in block {stamp.block}, not {anchor.block_number}")
    yield from _of_head(chain, deployment)
    yield from _of_bits(chain, deployment)


def _of_head(chain: Chain, deployment: Deployment) -> Iterator[Difference]:
    """The registry's own head: behind ours it may be, ahead of it or on another way never."""
    # Ours is read second: a worker may anchor meanwhile.
    head = chain.client.last(deployment.address, deployment.log_id)
    where = f"The registry on chain {deployment.chain_id}"
    known = CheckpointRow.objects.filter(size=head.size).first()
    if head.size > log_size():
        yield Difference(
            "chain",
            "registry_ahead",
            f"{where} holds {head.size} leaves, the database {log_size()}: an old backup was restored.",
        )
    elif head.size:
        root = bytes(known.root) if known else range_at(head.size, row_hash).root()
        if root != head.root:
            yield Difference(
                "chain", "registry_forked", f"{where} holds another root of {head.size} leaves than the log."
            )


def _of_bits(chain: Chain, deployment: Deployment) -> Iterator[Difference]:
    # While a transaction with bits is under way nothing is missing yet.
    waiting = OutboxTransaction.objects.filter(
        purpose=OutboxTransaction.Purpose.REVOKE,
        reference=f"deployment:{deployment.pk}",
        state__in=IN_FLIGHT,
    )
    bits = differing_bits(chain.client, deployment)
    where = f"on chain {deployment.chain_id}"
    for index in () if waiting.exists() else bits.missing:
        yield Difference("chain", "revocation_bit_missing", f"Leaf {index} is revoked, but not {where}.")
    for index in bits.foreign:
        yield Difference("chain", "revocation_bit_foreign", f"Leaf {index} is revoked {where} alone.")


def _settled(deployment: Deployment) -> Iterator[CheckpointAnchor]:
    anchors = CheckpointAnchor.objects.filter(deployment=deployment).exclude(
        state=CheckpointAnchor.State.PENDING
    )
    yield from (
        anchors.select_related("checkpoint", "deployment")
        .order_by("checkpoint__size")
        .iterator(chunk_size=500)
    )


def _correct(chain: Chain, anchor: CheckpointAnchor) -> None:
    """Take the registry's word: its block, or that the checkpoint is not there at all."""
    deployment, checkpoint = anchor.deployment, anchor.checkpoint
    stamp = chain.client.anchored_at(
        deployment.address, deployment.log_id, checkpoint.size, bytes(checkpoint.root)
    )
    if stamp is None:
        anchor.delete()
    elif anchor.block_number not in (None, stamp.block):
        block = chain.client.block(stamp.block)
        anchor.block_number, anchor.block_time = stamp.block, stamp.time
        anchor.block_hash = block.hash if block else ""
        # How settled it is, the next round of anchoring asks.
        anchor.transaction, anchor.state = None, CheckpointAnchor.State.INCLUDED
        anchor.save()


def _differs(anchor: CheckpointAnchor, what: str) -> Difference:
    where = f"on chain {anchor.deployment.chain_id}"
    return Difference("chain", "anchor_differs", f"Checkpoint {anchor.checkpoint.size} {where} {what}.")
