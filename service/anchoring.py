"""Brings the newest checkpoint to every chain; healing, fees and finality are the attest engine's."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from attest.errors import AttestError
from attest.flows import anchor as flow
from attest.models import Deployment
from attest.queries import checkpoint_to_anchor, proof_between
from attest.registry import embedded
from service import wiring
from service.wiring import Chain

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Powers:
    """What only a local chain lets us do: its ether is play money, and it mines only on demand."""

    fund: Callable[[str], None] | None
    settle: Callable[[], None] | None


def anchor_latest(place: int | None = None) -> None:
    """Anchor the newest checkpoint and read back what became of earlier ones.

    `place` is a chain's in the configuration, from 0; None means all of them, one after the other. One
    chain's trouble does not stop another's; the last error is raised when all were tried.
    """
    chains = wiring.chains()
    trouble: AttestError | None = None
    for chain in chains if place is None else chains[place : place + 1]:
        try:
            _anchor_on(chain)
        except AttestError as error:
            if place is None:
                log.warning("chain at %s: %s (%s)", chain.client.rpc.name, error, error.code)
            trouble = error
    if trouble is not None:
        raise trouble


def registry_on(chain: Chain) -> Deployment:
    """The registry of this log on that chain, deployed where it is missing. Raises AttestError."""
    key = wiring.log_key().vkey
    return flow.ensure_registry(
        chain.client,
        chain.key,
        origin=key.name,
        log_key=key.public_key,
        address=chain.registry or None,
        fund=_powers(chain).fund,
        spend_ceiling=chain.spend_ceiling,
    )


def _powers(chain: Chain) -> Powers:
    if chain.client.trust != "none":
        return Powers(None, None)
    return Powers(partial(embedded.fund, chain.rpc_url), partial(embedded.settle, chain.rpc_url))


def _anchor_on(chain: Chain) -> None:
    deployment = registry_on(chain)
    patience = timedelta(seconds=3 * wiring.config().witness_seconds if wiring.config().witnesses else 0)
    checkpoint = checkpoint_to_anchor(patience, timezone.now())
    if checkpoint is not None:
        flow.enqueue(checkpoint, deployment)
    powers = _powers(chain)
    flow.advance(
        chain.client,
        chain.key,
        proof_between,
        fund=powers.fund,
        settle=powers.settle,
        spend_ceiling=chain.spend_ceiling,
    )
