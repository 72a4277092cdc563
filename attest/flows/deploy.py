"""Put the registry on a chain and the log into it: once per chain, and again after a chain was wiped."""

import time
from collections.abc import Callable

from django.db.models import Max

from attest.errors import ChainMismatch, ChainUnavailable, RegistryRefused
from attest.flows import outbox
from attest.flows.heal import FUND_BELOW, heal
from attest.flows.outbox import IN_FLIGHT, Intent
from attest.models import Deployment, OutboxTransaction
from attest.registry import contract
from attest.registry.client import RegistryClient
from attest.registry.keys import AnchorKey

Purpose = OutboxTransaction.Purpose
State = OutboxTransaction.State


def ensure_registry(
    client: RegistryClient,
    key: AnchorKey,
    *,
    origin: str,
    log_key: bytes,
    address: str | None = None,
    fund: Callable[[str], None] | None = None,
    spend_ceiling: int | None = None,
    wait: float = 60.0,
) -> Deployment:
    """The deployment holding our log `origin` under its Ed25519 key `log_key` (32 bytes), made if missing.

    `address` names a registry to use instead of our own; `fund` gives the key ether on a chain that can;
    `wait` is how many seconds each of the (at most two) transactions may take. Calling it again changes
    nothing, and goes on where a crash or ChainUnavailable stopped it. Raises also ChainMismatch (no registry
    at `address`, or the log registered with another key) and RegistryRefused.
    """
    log = contract.log_id(key.address, origin)
    address = contract.checksummed(address) if address else None
    known = Deployment.objects.filter(chain_id=client.chain_id, log_id=log).order_by("-pk")
    deployment = (known.filter(address=address) if address else known).first()
    if deployment is not None and _holds(client, deployment, log_key):
        return deployment
    if fund is not None and client.balance(key.address) < FUND_BELOW:
        fund(key.address)
    heal(client, key, fund)
    outbox.bump_stuck(client, key, spend_ceiling)
    found = address or _standing(client, deployment) or _deploy(client, key, spend_ceiling, wait)
    client.require_registry(found)
    from_block = _register(client, key, found, named=(origin, log_key), ceiling=spend_ceiling, wait=wait)
    deployment, _ = Deployment.objects.get_or_create(
        chain_id=client.chain_id, address=found, defaults={"log_id": log, "from_block": from_block}
    )
    return deployment


def _holds(client: RegistryClient, deployment: Deployment, log_key: bytes) -> bool:
    if not client.has_code(deployment.address):
        return False
    return client.registered_key(deployment.address, deployment.log_id) == log_key


def _standing(client: RegistryClient, deployment: Deployment | None) -> str | None:
    """A registry that is on the chain already: the one we used, or anybody's at the deterministic address."""
    candidates = [deployment.address] if deployment else []
    for candidate in (*candidates, contract.deterministic_address()):
        if client.has_code(candidate):
            return candidate
    return None


def _deploy(client: RegistryClient, key: AnchorKey, ceiling: int | None, wait: float) -> str:
    if client.has_code(contract.DEPLOYER):
        target = contract.deterministic_address()
        intent = Intent(Purpose.DEPLOY, target, contract.DEPLOYER, contract.deploy_data())
        _run(client, key, intent, done=lambda: client.has_code(target), ceiling=ceiling, wait=wait)
        return target
    intent = Intent(Purpose.DEPLOY, "create", None, contract.init_code())
    _run(client, key, intent, done=lambda: bool(_created(client, key)), ceiling=ceiling, wait=wait)
    found = _created(client, key)
    if found is None:
        raise ChainUnavailable("The chain changed while the registry was being deployed; trying later.")
    return found


def _created(client: RegistryClient, key: AnchorKey) -> str | None:
    """The address that our newest plain creation gave the registry, if it is on the chain."""
    row = outbox.transactions(client, key.address).filter(purpose=Purpose.DEPLOY, reference="create").last()
    receipt = client.receipt(row.hash) if row else None
    return receipt.contract if receipt and receipt.succeeded else None


def _register(
    client: RegistryClient,
    key: AnchorKey,
    registry: str,
    *,
    named: tuple[str, bytes],
    ceiling: int | None,
    wait: float,
) -> int:
    """Register the log (its origin and key) unless it is. The block from which the log can have anchors."""
    origin, log_key = named
    log = contract.log_id(key.address, origin)
    intent = Intent(Purpose.REGISTER, log, registry, contract.register_data(origin, log_key))
    _run(
        client,
        key,
        intent,
        done=lambda: client.registered_key(registry, log) is not None,
        ceiling=ceiling,
        wait=wait,
    )
    if client.registered_key(registry, log) != log_key:
        raise ChainMismatch(
            f"The log {origin} is registered at {registry} with another key than ours.",
            code="log_key_mismatch",
        )
    ours = outbox.transactions(client, key.address).filter(purpose=Purpose.REGISTER, reference=log).last()
    return (ours.block_number if ours else None) or 0


def _run(
    client: RegistryClient,
    key: AnchorKey,
    intent: Intent,
    *,
    done: Callable[[], bool],
    ceiling: int | None,
    wait: float,
) -> None:
    """Make `done()` true by one transaction, ours or one that a crash or another worker left behind."""
    same = outbox.transactions(client, key.address).filter(purpose=intent.purpose, reference=intent.reference)
    # In this order: whatever another worker does after `done` was asked shows as a newer row.
    seen = same.aggregate(Max("pk"))["pk__max"]
    if done():
        return
    if not same.filter(state__in=IN_FLIGHT).exists():
        try:
            price = outbox.quote(client, key.address, intent, ceiling)
        except RegistryRefused:
            if done():
                return
            raise
        outbox.store(client, key, intent, price, claim=lambda: same.aggregate(Max("pk"))["pk__max"] == seen)
    deadline, pause = time.monotonic() + wait, 0.02
    finished = False
    while time.monotonic() < deadline:
        outbox.broadcast_all(client, key)
        # In this order: what `done` saw in a block has its receipt then, but for nodes that lag.
        finished = done()
        fates = [outbox.refresh(client, row) for row in same.filter(state__in=IN_FLIGHT)]
        if finished and not any(row.state in IN_FLIGHT for row in fates):
            return
        if not finished:
            failed = next((row for row in fates if row.state == State.FAILED), None)
            if failed is not None:
                raise RegistryRefused(f"The {intent.purpose} transaction failed: {failed.error}")
            # A key without ether is told at once: nothing that this waits for would come.
            outbox.require_unrefused(client, key)
        time.sleep(pause)
        pause = min(pause * 2, 2.0)
    if finished:
        return
    raise ChainUnavailable(
        f"The {intent.purpose} transaction is not in a block yet; it will be found when this runs again.",
        code="transaction_pending",
    )
