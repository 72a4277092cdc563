"""How long until a leaf is sealed, anchored and final: from the schedule, and from what earlier ones took.

Asks no chain: what a page shows to somebody who waits must not wait itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.utils import timezone

from attest.models import CheckpointAnchor, CheckpointRow, Deployment, OutboxTransaction
from attest.standing import chain_trust

State = OutboxTransaction.State
AnchorState = CheckpointAnchor.State
# Not from the outbox: web processes ask this, and the chain's libraries take half a second to load.
_UNDER_WAY = (State.SIGNED, State.SENT)

RECENT = 20
LONGEST = 86_400.0
# Ethereum's slot, and its finality after two epochs and the rest of a third.
ASSUMED_INCLUSION = 12.0
ASSUMED_FINALITY = 960.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a chain takes from a signed checkpoint to its block, and from there to finality.

    `measured` is False where nothing was anchored there yet, and Ethereum's figures stand in.
    """

    inclusion: float
    finality: float
    measured: bool


@dataclass(frozen=True, slots=True)
class ChainEta:
    """Seconds from now until a leaf is in a block of one chain, and until that block is final.

    0 once it is so; None while something holds the chain up, whose code is then `waits_for`.
    `trust` is "none" for a local chain, whose anchor gives no independent trust, else "public".
    """

    chain_id: int
    registry: str
    trust: str
    anchored: float | None
    final: float | None
    measured: bool
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Eta:
    """Seconds from now until a leaf is under a signed checkpoint (0 once it is), and each chain's."""

    logged: float
    chains: tuple[ChainEta, ...]

    @property
    def anchored(self) -> float | None:
        """Seconds until the first chain has it; None where none is expected to."""
        return min((each.anchored for each in self.chains if each.anchored is not None), default=None)

    @property
    def final(self) -> float | None:
        """Seconds until it is final on the first chain; None where that is on none."""
        return min((each.final for each in self.chains if each.final is not None), default=None)


def eta(
    leaf_index: int | None,
    *,
    seal_seconds: float,
    anchor_seconds: float,
    chain_ids: Collection[int] | None = None,
    waiting: Mapping[int, str] | None = None,
    now: datetime | None = None,
) -> Eta:
    """When the leaf at `leaf_index` (None: not appended yet) will be sealed, anchored and final.

    `seal_seconds` and `anchor_seconds` are the periods of the schedule; `chain_ids` are the chains in use,
    None for every one that has a registry of ours; `waiting` holds by chain id the code of its trouble.
    An expectation and no promise: a reorganisation or dear gas makes it longer.
    """
    moment = now or timezone.now()
    sealed = leaf_index is not None and CheckpointRow.objects.filter(size__gt=leaf_index).exists()
    logged = 0.0 if sealed else seal_seconds
    deployments = Deployment.objects.order_by("pk")
    if chain_ids is not None:
        deployments = deployments.filter(chain_id__in=chain_ids)
    troubles = waiting or {}
    return Eta(
        logged,
        tuple(
            _on_chain(
                each,
                leaf_index,
                next_round=logged + anchor_seconds,
                period=anchor_seconds,
                trouble=troubles.get(each.chain_id),
                now=moment,
            )
            for each in deployments
        ),
    )


def pace(chain_id: int) -> Pace:
    """The median of the latest anchors on a chain."""
    local = chain_trust(chain_id) == "none"
    rows = OutboxTransaction.objects.filter(
        chain_id=chain_id, purpose=OutboxTransaction.Purpose.CHECKPOINT, state=State.FINAL
    ).order_by("-pk")
    taken = [
        (_seconds(row.created_at, row.block_time), _seconds(row.created_at, row.updated_at))
        for row in rows[:RECENT]
        if row.block_time is not None
    ]
    if not taken:
        return Pace(0.0 if local else ASSUMED_INCLUSION, 0.0 if local else ASSUMED_FINALITY, measured=False)
    whole = median(final for _, final in taken)
    # A block's time is another clock's than ours, and may be wrong by any amount: the whole bounds it.
    inclusion = min(median(included for included, _ in taken), whole)
    return Pace(inclusion, whole - inclusion, measured=True)


def _seconds(start: datetime, end: datetime) -> float:
    return min(max(0.0, (end - start).total_seconds()), LONGEST)


def _on_chain(
    deployment: Deployment,
    leaf_index: int | None,
    *,
    next_round: float,
    period: float,
    trouble: str | None,
    now: datetime,
) -> ChainEta:
    expected = pace(deployment.chain_id)

    def found(anchored: float | None, final: float | None, waits_for: str | None = None) -> ChainEta:
        trust = chain_trust(deployment.chain_id)
        return ChainEta(
            deployment.chain_id, deployment.address, trust, anchored, final, expected.measured, waits_for
        )

    anchor = _covering(deployment, leaf_index)
    if anchor is not None and anchor.state == AnchorState.FINAL:
        return found(0.0, 0.0)
    if anchor is not None and anchor.state == AnchorState.INCLUDED:
        since = _seconds(anchor.block_time, now) if anchor.block_time else 0.0
        return found(0.0, None if trouble else max(period, expected.finality - since), trouble)
    trouble = trouble or _refusal(deployment)
    if trouble:
        return found(None, None, trouble)
    if anchor is not None and anchor.transaction is not None:
        passed = _seconds(anchor.transaction.created_at, now)
        anchored = max(period, expected.inclusion - passed)
    else:
        # One transaction at a time: its consistency proof begins at what the registry holds.
        ahead = expected.inclusion if _in_flight(deployment) else 0.0
        anchored = next_round + ahead + expected.inclusion
    return found(anchored, anchored + expected.finality)


def _covering(deployment: Deployment, leaf_index: int | None) -> CheckpointAnchor | None:
    """The anchor that will be final first: among those that cover the leaf, the furthest on."""
    if leaf_index is None:
        return None
    covering = CheckpointAnchor.objects.filter(deployment=deployment, checkpoint__size__gt=leaf_index)
    covering = covering.select_related("transaction").order_by("checkpoint__size")
    for state in (AnchorState.FINAL, AnchorState.INCLUDED, AnchorState.PENDING):
        anchor = covering.filter(state=state).first()
        if anchor is not None:
            return anchor
    return None


def _in_flight(deployment: Deployment) -> bool:
    anchors = CheckpointAnchor.objects.filter(deployment=deployment, transaction__state__in=_UNDER_WAY)
    return anchors.exists()


def _refusal(deployment: Deployment) -> str | None:
    refused = OutboxTransaction.objects.filter(chain_id=deployment.chain_id, state__in=_UNDER_WAY)
    return "transaction_refused" if refused.exclude(error="").exists() else None
