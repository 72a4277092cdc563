"""The chains that a verb works with: those configured, else the one that a running `up` brought along."""

from dataclasses import replace
from functools import partial

from django.conf import settings

from attest.flows import anchor as flow
from attest.models import Deployment
from attest.registry import embedded
from service import wiring
from service.supervisor.checkup import running
from service.wiring import Chain


def reachable() -> tuple[Chain, ...]:
    """The chains of this installation. Empty where none is configured and no `up` is running."""
    config = settings.CONFIG
    url = "" if config.chain_rpc_url else str(running(config).get("chain_rpc_url") or "")
    if url:
        # Wiring makes its chains once, and the embedded one has another port in each run.
        settings.CONFIG = replace(config, chain_rpc_url=url)
        wiring.chains.cache_clear()
    return wiring.chains()


def deploy(chain: Chain) -> Deployment:
    """The registry of this log on that chain, deployed where it is missing. Raises AttestError."""
    key = wiring.log_key().vkey
    local = chain.client.trust == "none"
    return flow.ensure_registry(
        chain.client,
        chain.key,
        origin=key.name,
        log_key=key.public_key,
        address=chain.registry or None,
        fund=partial(embedded.fund, chain.rpc_url) if local else None,
        spend_ceiling=wiring.config().spend_ceiling_wei,
    )
