"""Brings the newest checkpoint to every chain; healing, fees and finality are the attest engine's."""

import logging
from datetime import timedelta
from functools import partial

from django.utils import timezone

from attest.errors import AttestError
from attest.flows import anchor as flow
from attest.queries import checkpoint_to_anchor, proof_between
from attest.registry import embedded
from service import wiring
from service.wiring import Chain

log = logging.getLogger(__name__)


def anchor_latest() -> None:
    """Anchor the newest checkpoint on every chain and read back what became of earlier ones.

    One chain's trouble does not stop another's; the last error is raised when all were tried.
    """
    trouble: AttestError | None = None
    for chain in wiring.chains():
        try:
            _anchor_on(chain)
        except AttestError as error:
            log.warning("chain at %s: %s (%s)", chain.client.rpc.name, error, error.code)
            trouble = error
    if trouble is not None:
        raise trouble


def _anchor_on(chain: Chain) -> None:
    client, key, ceiling = chain.client, chain.key, wiring.config().spend_ceiling_wei
    # A local chain's ether is play money, and it mines only on demand; its blocks prove nothing to others.
    local = client.trust == "none"
    fund = partial(embedded.fund, chain.rpc_url) if local else None
    settle = partial(embedded.settle, chain.rpc_url) if local else None
    log_key = wiring.log_key().vkey
    deployment = flow.ensure_registry(
        client,
        key,
        origin=log_key.name,
        log_key=log_key.public_key,
        address=chain.registry or None,
        fund=fund,
        spend_ceiling=ceiling,
    )
    patience = timedelta(seconds=3 * wiring.config().witness_seconds if wiring.config().witnesses else 0)
    checkpoint = checkpoint_to_anchor(patience, timezone.now())
    if checkpoint is not None:
        flow.enqueue(checkpoint, deployment)
    flow.advance(client, key, proof_between, fund=fund, settle=settle, spend_ceiling=ceiling)
