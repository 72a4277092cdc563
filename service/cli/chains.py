"""The chains that a verb works with: those configured, else the one that a running `up` brought along."""

from dataclasses import replace

from django.conf import settings

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
