"""What the tests of anchoring do and count again and again."""

from typing import Any

from django.utils import timezone

from attest.models import CheckpointRow, Deployment
from attest.registry import contract
from attest.registry.client import RegistryClient


def seal(log: Any) -> CheckpointRow:
    """A checkpoint over all leaves of a growing log."""
    return CheckpointRow.objects.create(
        size=len(log.leaves), root=log.root(), note="", created_at=timezone.now()
    )


def checkpoint_events(client: RegistryClient, deployment: Deployment) -> int:
    """How many Checkpointed events the chain holds."""
    logs = client.rpc.call("eth_getLogs", {"address": deployment.address, "fromBlock": "0x0"})
    topic = "0x" + contract.keccak(text="Checkpointed(bytes32,uint64,bytes32)").hex()
    return sum(1 for each in logs if each["topics"][0] == topic)
