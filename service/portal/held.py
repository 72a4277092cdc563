"""Why a submission is held, for a page: the earlier attestation that it resembles, and both side by side."""

from dataclasses import dataclass

from detector.similarity import Match
from service.models import Submission
from service.policy import other_accounts_original
from service.portal.likeness import Difference, Drawing, difference, drawing
from service.portal.side import NOTHING, known, stored
from service.portal.words import method
from service.report import similarity_from

_CAPTIONS = ("Handed in now", "Attested earlier")


@dataclass(frozen=True, slots=True)
class Held:
    """The match with somebody else's attestation, what its method compares, and what may be shown of it."""

    match: Match
    method: str
    drawing: Drawing | None
    difference: Difference | None


def held_because(user: object, submission: Submission) -> Held | None:
    """Why, for somebody who may see the submission; None where it is held for something else."""
    match = other_accounts_original(similarity_from(submission.similarity), submission.account.tenant)
    if match is None:
        return None
    now = stored(submission)
    earlier = known(user, [match.subject]).get(match.subject or "", NOTHING)
    return Held(
        match=match,
        method=method(match.method),
        drawing=drawing("What the two have in common", match, now, earlier, captions=_CAPTIONS),
        difference=difference("How the later text differs", earlier, now),
    )
