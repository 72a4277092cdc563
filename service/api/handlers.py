"""Django's pages for a malformed or forbidden request, as problems where a program asked."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from service.api.errors import TABLE
from service.api.problems import problem

_MACHINE = ("/api/", "/log/", "/sbr/", "/healthz", "/readyz", "/metrics")


def is_machine_path(path: str) -> bool:
    """Whether a program asks at `path`, so that an error must be problem+json and not a page."""
    return path.startswith(_MACHINE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: a malformed request or host name."""
    if is_machine_path(request.path):
        return problem(TABLE["bad_request"])
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    if is_machine_path(request.path):
        return problem(TABLE["forbidden"])
    return defaults.permission_denied(request, exception)
