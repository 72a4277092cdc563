"""The review list: what is held, both sides of it, and the campaigns that were noticed."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from detector import queries
from detector.similarity import CampaignSummary, Match
from service import pipeline
from service.models import State, Submission
from service.portal.access import account_of, reviewers_only, submission_for
from service.portal.forms import DecisionForm
from service.portal.problem import KNOWN
from service.portal.views.attestation import held_because
from service.portal.words import SOURCE_NAMES

PER_PAGE = 20
CAMPAIGNS = 20


@dataclass(frozen=True, slots=True)
class Case:
    """One held submission with the other side of it, where that is one of ours."""

    submission: Submission
    source_name: str
    match: Match | None
    method: str
    original: Submission | None


def _case(submission: Submission) -> Case:
    found = held_because(submission)
    match, compared = found if found else (None, "")
    original = None
    if match is not None and match.subject:
        original = Submission.objects.select_related("account", "asset").filter(pk=match.subject).first()
    name = SOURCE_NAMES.get(submission.source_type, submission.source_type)
    return Case(submission, name, match, compared, original)


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
    context = {"page": page, "cases": [_case(row) for row in page], "campaigns": _campaigns()}
    return render(request, "review.html", context)


@reviewers_only
@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve or refuse one held submission."""
    submission = submission_for(request, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose approve or refuse.")
        return redirect("review")
    approve = form.cleaned_data["decision"] == "approve"
    try:
        pipeline.review(submission, account_of(request), approve=approve)
    except KNOWN as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        done = "approved; it goes on to be signed" if approve else "refused; its owner is told"
        messages.success(request, f"“{submission.title}” was {done}.")
    return redirect("review")
