"""Brings checkpoints to chains: one transaction a batch, healed when a chain forgets."""

import logging

from attest.errors import ChainUnavailable
from attest.flows import anchor as flow
from attest.flows import heal
from attest.queries import latest_checkpoint, proof_between
from attest.registry import embedded
from service import wiring
from service.wiring import Chain

log = logging.getLogger(__name__)


def anchor_latest() -> None:
    """Anchor the newest checkpoint on every chain and read back what became of earlier ones.

    One chain's trouble does not stop another's; the last error is raised when all were tried.
    """
    trouble: ChainUnavailable | None = None
    for chain in wiring.chains():
        try:
            _anchor_on(chain)
        except ChainUnavailable as error:
            log.warning("chain %s: %s", chain.rpc_url, error)
            trouble = error
    if trouble is not None:
        raise trouble


def _anchor_on(chain: Chain) -> None:
    _fund(chain)
    heal.heal(chain.client, chain.key)
    deployment = flow.ensure_registry(chain.client, chain.key)
    checkpoint = latest_checkpoint()
    if checkpoint is not None:
        flow.enqueue(checkpoint, deployment, proof_between)
    flow.push(chain.client, chain.key)
    flow.confirm(chain.client)


def _fund(chain: Chain) -> None:
    """Give the key of a local chain play money: its blocks prove nothing, so nothing is lost."""
    if chain.client.trust == "none" and chain.client.balance(chain.key.address) == 0:
        embedded.fund(chain.rpc_url, chain.key.address)
