"""One campaign: how it grew, who is in it, and a moderator's word on it or on two of its members."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from detector import queries
from detector.flows.decisions import decide_campaign, decide_pair
from service.portal.access import account_of, reviewers_only
from service.portal.forms import PairForm, WordForm
from service.portal.problem import KNOWN

MEMBERS = 100
STANDINGS = {
    "active": "Active",
    "benign": "Quarantined: short, plain and from very many people",
    "confirmed": "Confirmed by a moderator",
    "dismissed": "Dismissed by a moderator",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """How many members came in one hour or day."""

    when: str
    count: int


@reviewers_only
@require_safe
def campaign(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The campaign's page."""
    found = queries.campaign(str(uid), limit=MEMBERS)
    if found is None:
        raise Http404
    # A day or two in hours, anything longer in days.
    series = found.growth if len(found.daily) <= 2 else found.daily
    context = {
        "campaign": found.summary,
        "standing": STANDINGS[found.summary.standing],
        "members": found.members,
        "first": found.members[0] if found.members else None,
        "bars": [Bar(when, count) for when, count in series[-60:]],
        "most": max((count for _, count in series), default=1),
        "hourly": len(found.daily) <= 2,
        "sources": found.sources[:10],
        "authors": found.authors[:10],
    }
    return render(request, "campaign.html", context)


@reviewers_only
@require_POST
def decide(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Confirm or dismiss the whole."""
    row = queries.campaign_row(str(uid))
    if row is None:
        raise Http404
    form = WordForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose whether it is a campaign or none.")
    else:
        same = form.cleaned_data["word"] == "same"
        decide_campaign(row, same=same)
        done = "a campaign; it is always flagged" if same else "no campaign; it is not flagged for its size"
        messages.success(request, f"Kept: this is {done}.")
    return redirect("campaign", uid=uid)


@reviewers_only
@require_POST
def pair(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Say that two members are, or are not, the same."""
    form = PairForm(request.POST)
    found = (
        [queries.item(str(form.cleaned_data[name])) for name in ("first", "second")]
        if form.is_valid()
        else []
    )
    if len(found) != 2 or found[0] is None or found[1] is None:
        messages.error(request, "One of the two is no longer here.")
    else:
        same = form.cleaned_data["word"] == "same"
        try:
            decide_pair(found[0], found[1], same=same, by=account_of(request).tenant)
        except KNOWN as error:
            messages.error(request, f"{error} ({error.code})")
        else:
            messages.success(request, f"Kept: the two are {'the same' if same else 'not the same'}.")
    if queries.campaign_row(str(uid)) is None:
        return redirect("review")
    return redirect("campaign", uid=uid)
