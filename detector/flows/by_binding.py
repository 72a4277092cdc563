"""Look up attested items by a soft binding: by a code that somebody read out of a manifest or computed."""

from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.soft_binding import asked_for
from detector.flows.live_index import LiveIndex, as_match
from detector.models import Kind
from detector.similarity import Match
from provenance.assets.asset import Medium


def by_binding(live: LiveIndex, algorithm: str, value: str, *, limit: int = 10) -> tuple[Match, ...]:
    """The attested items whose fingerprint equals the binding's or is near it, nearest first.

    Screened items are nobody's to look up, and never answered. An attested item may still be held for review:
    whoever shows its manifest looks at that. Raises BindingUnreadable.
    """
    prints = Fingerprints("", Medium.OTHER, asked_for(algorithm, value))
    found, items = live.find(prints)
    return tuple(
        as_match(raw, items[raw.item_no]) for raw in found if items[raw.item_no].kind == Kind.ATTESTED
    )[:limit]
