"""Anchors against the chains they are said to be on."""

from collections.abc import Iterator

from attest.errors import AttestError
from attest.models import CheckpointAnchor, Deployment
from service.cli import chains
from service.cli.fsck.difference import Difference, Skipped


def differences(skipped: list[Skipped]) -> Iterator[Difference]:
    """Anchors that the registry does not know. A chain that does not answer is added to `skipped`."""
    reachable = chains.reachable()
    asked: set[int] = set()
    for chain in reachable:
        try:
            asked.add(chain.client.chain_id)
            for deployment in Deployment.objects.filter(chain_id=chain.client.chain_id).order_by("pk"):
                for anchor in _settled(deployment):
                    checkpoint = anchor.checkpoint
                    stamp = chain.client.anchored_at(
                        deployment.address, deployment.log_id, checkpoint.size, bytes(checkpoint.root)
                    )
                    if stamp is None:
                        yield _unknown(anchor, "is not known to the registry")
                    elif anchor.block_number not in (None, stamp.block):
                        yield _unknown(anchor, f"is in block {stamp.block}, not {anchor.block_number}")
        except AttestError as error:
            skipped.append(Skipped("chain", str(error)))
    for chain_id in (
        Deployment.objects.exclude(chain_id__in=asked).values_list("chain_id", flat=True).distinct()
    ):
        skipped.append(Skipped("chain", f"Chain {chain_id} was not asked: no RPC address is known for it."))


def _settled(deployment: Deployment) -> Iterator[CheckpointAnchor]:
    anchors = CheckpointAnchor.objects.filter(deployment=deployment).exclude(
        state=CheckpointAnchor.State.PENDING
    )
    yield from anchors.select_related("checkpoint").order_by("checkpoint__size").iterator(chunk_size=500)


def _unknown(anchor: CheckpointAnchor, what: str) -> Difference:
    where = f"on chain {anchor.deployment.chain_id}"
    return Difference("chain", "anchor_differs", f"Checkpoint {anchor.checkpoint.size} {where} {what}.")
