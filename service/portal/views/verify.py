"""The public page that answers what is known of some content. Nothing sent here is kept."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from attest.proofs.bundle import ProofBundle
from provenance.errors import RejectedAsset
from service import pipeline, rate, wiring
from service.portal import proof_file, side
from service.portal.access import is_partial
from service.portal.axes import MOST_DRAWN, axes, summary
from service.portal.forms import VerifyForm
from service.portal.problem import KNOWN, Problem
from service.portal.side import NOTHING, Side
from service.portal.uploads import capped
from service.portal.views.attest import content
from service.report import Report


def _answer(
    request: HttpRequest,
    form: VerifyForm,
    *,
    report: Report | None = None,
    asked: Side = NOTHING,
    bundle: ProofBundle | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    context: dict[str, object] = {
        "form": form,
        "problem": problem,
        "kind": form["kind"].value() or "file",
        "max_bytes": wiring.limits().max_bytes,
    }
    status = 200
    if report is not None:
        raw = json.dumps(report.as_dict(), indent=2, ensure_ascii=True, default=str)
        best = report.similarity.matches[:MOST_DRAWN]
        known = side.known(request.user, (match.subject for match in best))
        shown = axes(report, asked, known)
        if bundle:
            shown = (*shown, proof_file.axis(bundle, report))
        context |= {"report": report, "axes": shown, "summary": summary(report), "raw": raw}
    elif form.is_bound or problem:
        status = problem.status if problem else 422
    if not is_partial(request):
        return render(request, "verify.html", context, status=status)
    if report is None:
        return render(request, "portal/_problem.html", context, status=status)
    return render(request, "portal/_report.html", context | {"partial": True}, status=status)


def _rejected(request: HttpRequest, error: RejectedAsset) -> HttpResponse:
    return _answer(request, VerifyForm(), problem=Problem.of(error))


@capped(_rejected)
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form; or, posted, the report axis by axis."""
    if request.method != "POST":
        return _answer(request, VerifyForm())
    form = VerifyForm(request.POST, request.FILES)
    if not rate.within("verify", f"address:{rate.address_of(request)}", wiring.config().rate_per_minute):
        return _answer(request, form, problem=Problem.too_often())
    if not form.is_valid():
        return _answer(request, form)
    try:
        with content(form) as asset, proof_file.given(form.cleaned_data["proof"]) as proof:
            found = pipeline.verified(asset, proof.store)
            asked = side.sent(asset, found.thumbnail)
    except KNOWN as error:
        return _answer(request, form, problem=Problem.of(error))
    return _answer(request, form, report=found.report, asked=asked, bundle=proof.bundle)
