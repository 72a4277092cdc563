"""How far the log is sealed and anchored, for people and programs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from attest import queries
from attest.errors import AttestError
from attest.flows.anchor import gas_spent
from attest.flows.eta import ChainEta
from attest.models import CheckpointAnchor, Deployment
from attest.registry.probe import Probe, probe
from attest.standing import chain_trust
from service import pipeline, waiting, wiring
from service.cli.safe import safe
from service.models import Job
from service.wiring import Chain

LOCAL = "none: a local chain proves nothing to others"


def status(chains: Sequence[Chain] = ()) -> dict[str, Any]:
    """The log's name, key and size, its newest checkpoint, each chain, and each registry with what is in it.

    `chains` are asked, endpoint by endpoint; what does not answer is said and raises nothing.
    """
    checkpoint = queries.latest_checkpoint()
    size = queries.log_size()
    expected = waiting.expected(None).chains
    return {
        "log": wiring.log_key().vkey.name,
        "log_key": str(wiring.log_key().vkey),
        "size": size,
        "sealed": checkpoint.size if checkpoint else 0,
        "anchored": queries.anchored_size(),
        "anchor_key": chains[0].key.address if chains else None,
        "chains": [_chain(place, chain) for place, chain in enumerate(chains)],
        "registries": [_registry(deployment, expected) for deployment in Deployment.objects.order_by("pk")],
    }


def _chain(place: int, chain: Chain) -> dict[str, Any]:
    configured = wiring.config().chains[place].chain_id
    probes = probe(chain.rpc_urls, configured)
    served = configured or next((each.chain_id for each in probes if not each.code), None)
    try:
        balance: int | None = chain.client.balance(chain.key.address)
    except AttestError:
        balance = None
    round_ = Job.objects.filter(kind=pipeline.anchor_job(place), subject="").exclude(error_code="").first()
    return {
        "chain_id": served,
        "trust": chain_trust(served) if served is not None else None,
        "must_agree": min(2, len(chain.rpc_urls)),
        "endpoints": [_endpoint(each) for each in probes],
        "balance_wei": balance,
        "spend_ceiling_wei": chain.spend_ceiling,
        "last_error": {"code": round_.error_code, "sentence": round_.error} if round_ else None,
    }


def _endpoint(found: Probe) -> dict[str, Any]:
    told = asdict(found)
    told["block_time"] = found.block_time.isoformat() if found.block_time else None
    told["milliseconds"] = round(found.milliseconds, 1)
    return told


def _registry(deployment: Deployment, expected: Sequence[ChainEta]) -> dict[str, Any]:
    anchors = CheckpointAnchor.objects.filter(deployment=deployment).select_related("checkpoint")
    settled = anchors.exclude(state=CheckpointAnchor.State.PENDING).order_by("-checkpoint__size").first()
    final = anchors.filter(state=CheckpointAnchor.State.FINAL).order_by("-checkpoint__size").first()
    spent = gas_spent(deployment.chain_id)
    key = (deployment.chain_id, deployment.address)
    wait = next((each for each in expected if (each.chain_id, each.registry) == key), None)
    return {
        "chain_id": deployment.chain_id,
        "trust": chain_trust(deployment.chain_id),
        "registry": deployment.address,
        "log_id": deployment.log_id,
        "anchored": settled.checkpoint.size if settled else 0,
        "final": final.checkpoint.size if final else 0,
        "block": settled.block_number if settled else None,
        "time": settled.block_time.isoformat() if settled and settled.block_time else None,
        "pending": anchors.filter(state=CheckpointAnchor.State.PENDING).count(),
        "transactions": spent.transactions,
        "gas": spent.gas,
        # For a leaf appended now; None where the chain is not in use any more.
        "eta": {"anchored": wait.anchored, "final": wait.final, "waits_for": wait.waits_for}
        if wait
        else None,
    }


def show(console: Console, found: dict[str, Any]) -> None:
    """Print `status` for people."""
    console.print(f"log       {safe(found['log'])}", soft_wrap=True)
    console.print(f"key       {safe(found['log_key'])}", soft_wrap=True)
    console.print(f"leaves    {found['size']}, sealed {found['sealed']}, anchored {found['anchored']}")
    if found["anchor_key"]:
        console.print(f"payer     {found['anchor_key']}", soft_wrap=True)
    for each in found["chains"]:
        _show_chain(console, each)
    if not found["registries"]:
        console.print("No registry is deployed: `up` or `anchor deploy` does that.")
        return
    shown = Table(
        "chain", "trust", "registry", "anchored", "final", "block", "time", "waiting", "gas", "next"
    )
    for each in found["registries"]:
        names = ("registry", "anchored", "final", "block", "time", "pending", "gas")
        values = ("" if each[name] is None else str(each[name]) for name in names)
        shown.add_row(str(each["chain_id"]), each["trust"], *values, _wait_words(each["eta"]))
    console.print(shown)


def _show_chain(console: Console, chain: dict[str, Any]) -> None:
    trust = LOCAL if chain["trust"] == "none" else chain["trust"] or "unknown: no endpoint tells"
    name = "?" if chain["chain_id"] is None else chain["chain_id"]
    balance = "unknown" if chain["balance_wei"] is None else f"{_ether(chain['balance_wei'])} ether"
    console.print(f"chain {name}   independent trust: {trust}", soft_wrap=True)
    if chain["balance_wei"] == 0:
        balance += " (nothing can be sent before the payer has some)"
    console.print(
        f"  balance {balance}, at most {_ether(chain['spend_ceiling_wei'])} ether a transaction",
        soft_wrap=True,
    )
    for each in chain["endpoints"]:
        state = safe(f"{each['code']}: {each['problem']}") if each["code"] else _head_words(each)
        console.print(f"  {safe(each['name'])}  {state}", soft_wrap=True)
    if chain["must_agree"] == 1:
        console.print("  one RPC endpoint: its word alone")
    if chain["last_error"]:
        trouble = safe(f"{chain['last_error']['code']}: {chain['last_error']['sentence']}")
        console.print(f"  last round: {trouble}", soft_wrap=True)


def _head_words(endpoint: dict[str, Any]) -> str:
    age = (datetime.now(UTC) - datetime.fromisoformat(endpoint["block_time"])).total_seconds()
    return (
        f"block {endpoint['block']} ({age:.0f} s old), final {endpoint['finalized'] or 0}, "
        f"{endpoint['milliseconds']} ms"
    )


def _wait_words(eta: dict[str, Any] | None) -> str:
    if eta is None:
        return "not in use"
    if eta["anchored"] is None:
        return f"waits: {eta['waits_for']}"
    return f"in {eta['anchored']:.0f} s" + (
        f", final {eta['final']:.0f} s" if eta["final"] is not None else ""
    )


def _ether(wei: int) -> str:
    return f"{Decimal(wei) / 10**18:.6f}".rstrip("0").rstrip(".")
