"""The page where content is attested, with the list of what one attested before."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from provenance.assets.asset import Asset
from provenance.errors import RejectedAsset
from service import pipeline, wiring
from service.intake import incoming, incoming_text
from service.models import Submission
from service.pipeline import AttestRequest
from service.portal.access import account_of, is_partial, signed_in
from service.portal.forms import AttestForm, ContentForm
from service.portal.problem import KNOWN, Problem
from service.portal.uploads import capped
from service.portal.words import SOURCES, STATES, TRAINING

PER_PAGE = 12


@contextmanager
def content(form: ContentForm) -> Iterator[Asset]:
    """What a valid form carries, as an Asset for as long as the block runs. Raises RejectedAsset."""
    if form.upload is not None:
        with incoming(form.upload.chunks(), form.upload.name or "") as asset:
            yield asset
    else:
        # Browsers send line ends as CRLF; the text a person sees has plain ones.
        with incoming_text(form.cleaned_data["text"].replace("\r\n", "\n")) as asset:
            yield asset


def _refused(request: HttpRequest, form: AttestForm, problem: Problem | None) -> HttpResponse:
    """The form again with what is wrong: a fragment for htmx, the whole page otherwise."""
    status = problem.status if problem else 422
    context = {"form": form, "problem": problem}
    if is_partial(request):
        return render(request, "portal/_problem.html", context, status=status)
    return render(request, "attest.html", context | _page(request, form), status=status)


def _page(request: HttpRequest, form: AttestForm) -> dict[str, object]:
    rows = (
        Submission.objects.filter(account=account_of(request)).select_related("asset").order_by("-created_at")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "form": form,
        "sources": SOURCES,
        "chosen_source": form["source_type"].value(),
        "training": TRAINING,
        "more": bool(form.is_bound and form.is_valid() and form.wishes.as_dict()),
        "kind": form["kind"].value() or "file",
        "once": uuid.uuid4(),
        "max_bytes": wiring.limits().max_bytes,
        "page": page,
        "mine": [(row, STATES[row.state]) for row in page],
    }


def _rejected(request: HttpRequest, error: RejectedAsset) -> HttpResponse:
    return _refused(request, AttestForm(), Problem.of(error))


@signed_in
@capped(_rejected)
@require_http_methods(["GET", "HEAD", "POST"])
def attest(request: HttpRequest) -> HttpResponse:
    """The form; or, posted, a new submission and the way to its page."""
    if request.method != "POST":
        form = AttestForm()
        return render(request, "attest.html", _page(request, form))
    form = AttestForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, form, None)
    try:
        with content(form) as asset:
            submission = pipeline.submit(account_of(request), asset, _wish(form, asset))
    except KNOWN as error:
        return _refused(request, form, Problem.of(error))
    where = reverse("attestation", args=[submission.pk])
    if is_partial(request):
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return redirect(where)


def _wish(form: AttestForm, asset: Asset) -> AttestRequest:
    wish = AttestRequest(form.cleaned_data["source_type"], form.cleaned_data["title"], wishes=form.wishes)
    once = form.cleaned_data["once"]
    if once is None:
        return wish
    # A form sent twice by a double click is one request; the same form with other content is another.
    key = f"portal-{once}-{wish.digest(asset.sha256)[:32]}"
    return replace(wish, idempotency_key=key)
