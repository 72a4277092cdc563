"""How far the log is sealed and anchored, for people and programs."""

from typing import Any

from rich.console import Console
from rich.table import Table

from attest import queries
from attest.flows.anchor import gas_spent
from attest.models import CheckpointAnchor, Deployment
from service import wiring
from service.cli.safe import safe


def status() -> dict[str, Any]:
    """The log's name, key and size, its newest checkpoint, and each registry with what is anchored in it."""
    checkpoint = queries.latest_checkpoint()
    return {
        "log": wiring.log_key().vkey.name,
        "log_key": str(wiring.log_key().vkey),
        "size": queries.log_size(),
        "sealed": checkpoint.size if checkpoint else 0,
        "anchored": queries.anchored_size(),
        "registries": [_registry(deployment) for deployment in Deployment.objects.order_by("pk")],
    }


def _registry(deployment: Deployment) -> dict[str, Any]:
    anchors = CheckpointAnchor.objects.filter(deployment=deployment).select_related("checkpoint")
    settled = anchors.exclude(state=CheckpointAnchor.State.PENDING).order_by("-checkpoint__size").first()
    spent = gas_spent(deployment.chain_id)
    return {
        "chain_id": deployment.chain_id,
        "registry": deployment.address,
        "log_id": deployment.log_id,
        "anchored": settled.checkpoint.size if settled else 0,
        "block": settled.block_number if settled else None,
        "time": settled.block_time.isoformat() if settled and settled.block_time else None,
        "pending": anchors.filter(state=CheckpointAnchor.State.PENDING).count(),
        "transactions": spent.transactions,
        "gas": spent.gas,
    }


def show(console: Console, found: dict[str, Any]) -> None:
    """Print `status` for people."""
    console.print(f"log       {safe(found['log'])}", soft_wrap=True)
    console.print(f"key       {safe(found['log_key'])}", soft_wrap=True)
    console.print(f"leaves    {found['size']}, sealed {found['sealed']}, anchored {found['anchored']}")
    if not found["registries"]:
        console.print("No registry is deployed: `up` or `anchor deploy` does that.")
        return
    shown = Table("chain", "registry", "anchored", "block", "time", "pending", "gas")
    for each in found["registries"]:
        values = (
            each[name] for name in ("chain_id", "registry", "anchored", "block", "time", "pending", "gas")
        )
        shown.add_row(*("" if value is None else str(value) for value in values))
    console.print(shown)
