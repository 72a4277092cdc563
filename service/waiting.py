"""How long an attestation will wait for its anchors on this installation's chains; asks none of them."""

from attest.flows.eta import Eta, eta
from attest.models import Deployment
from service import pipeline, wiring
from service.models import Job


def expected(leaf_index: int | None) -> Eta:
    """When the leaf at that index (None: not appended yet) will be sealed, anchored and final.

    A chain whose last round failed promises nothing and says by its code what it waits for.
    """
    config = wiring.config()
    ids = _chain_ids()
    unknown = not ids or any(each is None for each in ids)
    return eta(
        leaf_index,
        seal_seconds=config.seal_seconds,
        anchor_seconds=config.anchor_seconds,
        chain_ids=None if unknown else [each for each in ids if each is not None],
        waiting=_troubles(ids),
    )


def _chain_ids() -> list[int | None]:
    """The id of each configured chain, in order; None where nobody has told it yet."""
    ids = [place.chain_id for place in wiring.config().chains]
    if ids == [None]:
        # The one chain in use is the one that was deployed on last.
        return [Deployment.objects.order_by("-pk").values_list("chain_id", flat=True).first()]
    return ids


def _troubles(ids: list[int | None]) -> dict[int, str]:
    kinds = {pipeline.anchor_job(place): chain_id for place, chain_id in enumerate(ids)}
    failed = Job.objects.filter(kind__in=list(kinds), subject="").exclude(error_code="")
    return {
        chain_id: code
        for kind, code in failed.values_list("kind", "error_code")
        if (chain_id := kinds[kind]) is not None
    }
