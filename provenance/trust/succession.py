"""Whether one version of a list may follow another: a list goes forward, never back unasked."""

from dataclasses import dataclass
from datetime import datetime

from provenance.errors import TrustListInvalid


@dataclass(frozen=True, slots=True)
class Issue:
    """What a list says of its own place in the order: a number, a time, either, or neither (as PEM)."""

    sequence: int | None
    issued: datetime | None


def check_succession(known: Issue, offered: Issue) -> None:
    """Raises TrustListInvalid where `offered`, which is not the same list, may not take the place of `known`.

    `trust_list_rollback`: it is older, or says no number and no time while the known one does; whoever could
    hand us an old list could bring back an authority that was struck off. `trust_list_conflict`: it has the
    number and the time of the known one. A list that says nothing may always be replaced.
    """
    if known == Issue(None, None):
        return
    ordered = False
    if known.sequence is not None and offered.sequence is not None:
        ordered = True
        _forward(offered.sequence - known.sequence)
        if offered.sequence > known.sequence:
            return
    if known.issued is not None and offered.issued is not None:
        ordered = True
        _forward((offered.issued - known.issued).total_seconds())
        if offered.issued > known.issued:
            return
    if not ordered:
        raise TrustListInvalid(
            "The list in force says when it was issued, and this one does not: it could be older.",
            code="trust_list_rollback",
        )
    raise TrustListInvalid(
        "This list differs from the one in force and has the same number and time.",
        code="trust_list_conflict",
    )


def _forward(step: float) -> None:
    if step < 0:
        raise TrustListInvalid("This list is older than the one in force.", code="trust_list_rollback")
