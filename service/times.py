"""Every time that anybody gives for some content, side by side, and where they contradict each other.

Four parties can name one: a time-stamping authority, the signer, the log's operator and a chain. They are
never merged into one date: each is worth what the party that names it is worth.
"""

from dataclasses import dataclass
from enum import StrEnum

from attest.standing import Standing
from provenance.inspection.inspection import Inspection, SigningTime
from provenance.inspection.times import claimed_after, moment


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
    signed = [each for each in times if each.kind in (Kind.TIMESTAMPED, Kind.CLAIMED)]
    anchored = [each for each in times if each.kind is Kind.ANCHORED]
    pairs = ((time, anchor) for time in signed for anchor in anchored)
    return next((pair for pair in pairs if claimed_after(pair[0].time, pair[1].time)), None)


def day(text: str | None) -> str:
    """The date (UTC) of RFC 3339 text, for a sentence; `an unknown date` where there is none."""
    when = moment(text)
    return f"{when:%Y-%m-%d}" if when else "an unknown date"
