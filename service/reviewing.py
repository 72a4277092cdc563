"""Deciding what is held: a moderator's yes or no to it, and their word on the pair if they give it."""

from django.db import transaction
from django.utils import timezone

from detector import queries
from detector.errors import DecisionInvalid
from detector.flows.decisions import decide_pair
from detector.flows.forget_item import forget_key
from detector.models import Item
from service import job_table as table
from service import wiring
from service.errors import ServiceError
from service.models import Account, State, Submission
from service.pipeline import ATTEST
from service.policy import other_accounts_original
from service.report import similarity_from
from service.stages import indexed, item_key, prints_from_json


def earlier_item(submission: Submission, reviewer: Account) -> Item | None:
    """The item of somebody else that a held submission resembles, where this reviewer's word on the pair can
    be kept: it is still there, has other bytes, and is not the reviewer's own.
    """
    match = other_accounts_original(similarity_from(submission.similarity), submission.account.tenant)
    item = queries.item(match.item) if match is not None and match.tenant != reviewer.tenant else None
    return item if item is not None and item.sha256 != submission.asset.sha256 else None


def review(submission: Submission, reviewer: Account, *, approve: bool, remember: bool = False) -> Submission:
    """Decide what is held: approved goes on to be signed, refused ends here.

    With `remember` the reviewer's word on the pair is kept too, for every copy of the two: not the same where
    it is approved, the same where it is refused. Raises ServiceError `not_held`, `own_submission` (nobody
    decides a dispute with somebody else alone), and DecisionInvalid where there is no pair to remember, or
    the earlier one of it is the reviewer's: their lasting word would be one in their own favour.
    """
    if reviewer.pk == submission.account_id:
        raise ServiceError("own_submission", "This is your own submission; another moderator decides it.")
    with transaction.atomic():
        held = Submission.objects.filter(pk=submission.pk, state=State.HELD)
        if approve:
            moved = held.update(state=State.FINGERPRINTED, reviewed_by=reviewer, updated_at=timezone.now())
        else:
            moved = held.update(
                state=State.REFUSED,
                reviewed_by=reviewer,
                error_code="refused_by_reviewer",
                error="A moderator refused this attestation.",
                updated_at=timezone.now(),
            )
        if not moved:
            raise ServiceError("not_held", "This submission is not waiting for a decision.")
        if remember:
            _remember(submission, reviewer, same=not approve)
        if approve:
            job = table.enqueue(ATTEST, str(submission.pk))
            transaction.on_commit(lambda: wiring.dispatch(job.pk))
    submission.refresh_from_db()
    return submission


def _remember(submission: Submission, reviewer: Account, *, same: bool) -> None:
    earlier = earlier_item(submission, reviewer)
    if earlier is None:
        raise DecisionInvalid("There is no other account's content here that your word could be kept on.")
    # What is held is in no index: it is put there to be measured, and what is refused leaves no trace.
    item = indexed(submission, prints_from_json(submission.fingerprints))
    decide_pair(earlier, item, same=same, by=reviewer.tenant)
    if same:
        forget_key(item_key(submission.pk))
