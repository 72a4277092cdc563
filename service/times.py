"""Every time that anybody gives for some content, side by side, and where they contradict each other.

Four parties can name one: a time-stamping authority, the signer, the log's operator and a chain. They are
never merged into one date: each is worth what the party that names it is worth.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from attest.standing import Standing
from provenance.inspection.inspection import Inspection, SigningTime

# Clocks differ, and a block's time is only as exact as its chain demands.
TOLERANCE = timedelta(minutes=15)


class Kind(StrEnum):
    """Who gives a time."""

    TIMESTAMPED = "timestamped"
    CLAIMED = "claimed"
    LOGGED = "logged"
    ANCHORED = "anchored"


@dataclass(frozen=True, slots=True)
class Moment:
    """One time (RFC 3339) and who gives it.

    `trust` of a time stamp is `trusted` or `untrusted`, of a claimed time `claim` (the signer's own word), of
    a log's `operator` (its own clock), and of an anchor the anchor's: `public`, `unchecked` or `none`.
    """

    kind: Kind
    time: str
    by: str | None
    trust: str


def moments(inspection: Inspection, standing: Standing) -> tuple[Moment, ...]:
    """All the times there are, from the signer's side to the chain's."""
    found: list[Moment] = []
    if inspection.stamped_at:
        trust = "trusted" if inspection.time is SigningTime.TIMESTAMPED else "untrusted"
        found.append(Moment(Kind.TIMESTAMPED, inspection.stamped_at, inspection.stamped_by, trust))
    if inspection.claimed_at:
        found.append(Moment(Kind.CLAIMED, inspection.claimed_at, inspection.signer, "claim"))
    if standing.attested_at:
        found.append(Moment(Kind.LOGGED, standing.attested_at, standing.log_origin, "operator"))
    for anchor in standing.anchors:
        if anchor.time:
            found.append(Moment(Kind.ANCHORED, anchor.time, f"chain {anchor.chain_id}", anchor.trust))
    return tuple(found)


def signed_after_anchored(times: tuple[Moment, ...]) -> tuple[Moment, Moment] | None:
    """A signing time, trusted or claimed, later than an anchor of the signed content; and that anchor.

    What is anchored exists already, so it cannot be signed afterwards; one of the two times is wrong.
    """
    anchored = _dated(times, Kind.ANCHORED)
    if not anchored:
        return None
    first, anchor = min(anchored, key=lambda pair: pair[0])
    signed = _dated(times, Kind.TIMESTAMPED, Kind.CLAIMED)
    return next(((moment, anchor) for when, moment in signed if when > first + TOLERANCE), None)


def _dated(times: tuple[Moment, ...], *kinds: Kind) -> list[tuple[datetime, Moment]]:
    """The moments of these kinds whose time can be read, with it."""
    dated = ((at(moment.time), moment) for moment in times if moment.kind in kinds)
    return [(when, moment) for when, moment in dated if when is not None]


def at(text: str) -> datetime | None:
    """The moment that RFC 3339 text names, in UTC where it names no zone; None where it is no such text."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def day(text: str | None) -> str:
    """The date of RFC 3339 text, for a sentence; `an unknown date` where there is none."""
    when = at(text or "")
    return f"{when.astimezone(UTC):%Y-%m-%d}" if when else "an unknown date"
