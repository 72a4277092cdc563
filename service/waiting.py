"""How long an attestation will wait for its anchors on this installation's chains; asks none of them."""

from attest.flows.eta import Eta, eta
from attest.models import Deployment
from service import wiring


def expected(leaf_index: int | None) -> Eta:
    """When the leaf at that index (None: not appended yet) will be sealed, anchored and final."""
    config = wiring.config()
    newest = Deployment.objects.order_by("-pk").values_list("chain_id", flat=True).first()
    chain_id = config.chain_id or newest
    return eta(
        leaf_index,
        seal_seconds=config.seal_seconds,
        anchor_seconds=config.anchor_seconds,
        chain_ids=None if chain_id is None else [chain_id],
    )
