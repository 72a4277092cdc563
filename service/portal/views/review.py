"""The review list: what is held, both sides of it, and the campaigns that were noticed."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from detector import queries
from detector.similarity import CampaignSummary
from service import reviewing
from service.models import State, Submission
from service.portal.access import account_of, reviewers_only, submission_for
from service.portal.forms import DecisionForm
from service.portal.held import Held, held_because
from service.portal.problem import KNOWN
from service.portal.words import SOURCE_NAMES
from service.reviewing import earlier_item

PER_PAGE = 20
CAMPAIGNS = 20
# Whether it is approved, whether the word on the pair is kept, and what is said then.
_APPROVED, _REFUSED = "approved; it goes on to be signed", "refused; its owner is told"
_DECISIONS = {
    "approve": (True, False, _APPROVED),
    "not_same": (True, True, f"{_APPROVED}. Kept: the two are not the same"),
    "refuse": (False, False, _REFUSED),
    "same": (False, True, f"{_REFUSED}. Kept: the two are the same"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One held submission with the other side of it, where that is one of ours."""

    submission: Submission
    source_name: str
    held: Held | None
    original: Submission | None
    is_pair: bool


def _case(request: HttpRequest, submission: Submission) -> Case:
    held = held_because(request.user, submission)
    original = None
    if held is not None and held.match.subject:
        rows = Submission.objects.select_related("account", "asset")
        original = rows.filter(pk=held.match.subject).first()
    name = SOURCE_NAMES.get(submission.source_type, submission.source_type)
    return Case(
        submission, name, held, original, is_pair=earlier_item(submission, account_of(request)) is not None
    )


def _campaigns() -> list[tuple[CampaignSummary, str]]:
    """The most recently active campaigns, each with the text of its first member, if it is one of texts."""
    shown = []
    for found in queries.campaigns(limit=CAMPAIGNS):
        detail = queries.campaign(found.id, limit=1)
        first = detail.members[0] if detail and detail.members else None
        example = (first.excerpt or f"{first.medium} {first.sha256[:16]}…") if first else ""
        shown.append((found, example))
    return shown


@reviewers_only
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """The list, the longest-waiting first."""
    rows = (
        Submission.objects.filter(state=State.HELD).select_related("account", "asset").order_by("created_at")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "cases": [_case(request, row) for row in page], "campaigns": _campaigns()}
    return render(request, "review.html", context)


@reviewers_only
@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve or refuse one held submission, and keep what was said of the pair."""
    submission = submission_for(request, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose approve or refuse.")
        return redirect("review")
    approve, remember, done = _DECISIONS[form.cleaned_data["decision"]]
    try:
        reviewing.review(submission, account_of(request), approve=approve, remember=remember)
    except KNOWN as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        messages.success(request, f"“{submission.title}” was {done}.")
    return redirect("review")
