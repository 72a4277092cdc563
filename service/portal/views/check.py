"""The page that checks a proof in the visitor's own browser: nothing is sent here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from service.portal.headers import ALONE, DOWNLOADS
from service.portal.saved_page import module, saved_page

SAVED_NAME = "assay-check.html"


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The page; its policy keeps its scripts from connecting anywhere."""
    response = render(request, "check.html", {"saved_sha256": saved_page().sha256})
    response.headers["Content-Security-Policy"] = ALONE
    return response


@require_safe
def saved(request: HttpRequest) -> HttpResponse:
    """The same page as one file to keep."""
    response = HttpResponse(saved_page().body, content_type="text/html; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{SAVED_NAME}"'
    response.headers["Content-Security-Policy"] = DOWNLOADS
    return response


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The verifier as one ES module, for other programs."""
    return HttpResponse(module(), content_type="text/javascript; charset=utf-8")
