"""The pages for what is not there and for what went wrong."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, as a page or, under /api/, as problem+json; the same whether or not others have such a thing."""
    if request.path.startswith("/api/"):
        return _machine("not_found", 404, "There is nothing at this address.")
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: nothing of the error reaches the page; it is in the operator's log."""
    if request.path.startswith("/api/"):
        return _machine("internal_error", 500, "Something went wrong on our side.")
    # No context processor: they read the session, and the database may be what failed.
    return HttpResponse(get_template("500.html").render(), status=500)


def _machine(code: str, status: int, title: str) -> HttpResponse:
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")
