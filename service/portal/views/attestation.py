"""One attestation with its evidence: the page, the part of it that follows the progress, and revoking."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from service import pipeline
from service.models import State, Submission
from service.portal.access import account_of, may_review, signed_in, submission_for
from service.portal.evidence import evidence
from service.portal.forms import RevocationForm
from service.portal.held import held_because
from service.portal.problem import KNOWN, Problem
from service.portal.timeline import is_settled, said, steps
from service.portal.wait import wait_for
from service.portal.words import SOURCE_NAMES, STATES, TRAINING
from service.wishes import wishes_from


def progress_token(submission: Submission) -> str:
    """What a watching page has seen; when it still holds, there is nothing to send."""
    waiting = pipeline.waiting_for(submission)
    parts = (submission.state, "revoked" if submission.revoked_at else "", waiting.code if waiting else "")
    return ".".join(parts)


def live_context(request: HttpRequest, submission: Submission) -> dict[str, object]:
    """What the part of the page that changes by itself is made from."""
    return {
        "submission": submission,
        "mine": submission.account_id == account_of(request).pk,
        "word": STATES[submission.state],
        "said": said(submission),
        "steps": steps(submission),
        "settled": is_settled(submission),
        "pace": "4s" if submission.state == State.LOGGED else "1s",
        "token": progress_token(submission),
        "evidence": evidence(submission),
        "waiting": pipeline.waiting_for(submission),
        "wait": wait_for(submission),
        "wishes": wishes_from(submission.wishes),
        "training": dict(TRAINING).get(submission.wishes.get("training")),
        "held": held_because(request.user, submission) if submission.state == State.HELD else None,
        "source_name": SOURCE_NAMES.get(submission.source_type, submission.source_type),
        "parents": Submission.objects.filter(pk__in=submission.parents, account=submission.account),
        "can_review": may_review(request.user) and submission.state == State.HELD,
    }


@signed_in
@require_safe
def attestation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The whole page."""
    submission = submission_for(request, pk)
    return render(request, "attestation.html", live_context(request, submission) | {"form": RevocationForm()})


@signed_in
@require_safe
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What changed since the page saw `seen`; 204 when nothing did."""
    submission = submission_for(request, pk)
    if request.GET.get("seen") == progress_token(submission):
        return HttpResponse(status=204)
    context = live_context(request, submission) | {"form": RevocationForm(), "partial": True}
    return render(request, "portal/_live.html", context)


@signed_in
@require_http_methods(["POST"])
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw an attestation. Only its owner can."""
    submission = submission_for(request, pk)
    form = RevocationForm(request.POST)
    problem: Problem | None = None
    if submission.account_id != account_of(request).pk:
        problem = Problem("not_yours", "Only the account that attested this can revoke it.", 403)
    elif form.is_valid():
        try:
            pipeline.revoke(submission, form.cleaned_data["reason"])
            return redirect("attestation", pk=pk)
        except KNOWN as error:
            problem = Problem.of(error)
    context = live_context(request, submission) | {"form": form, "problem": problem, "revoking": True}
    return render(request, "attestation.html", context, status=problem.status if problem else 422)
