"""The headers every response carries: a page may run only what this installation serves.

No inline script or style, no foreign origin, no frame. A response that sets its own policy (a downloaded
upload, which is sandboxed altogether) keeps it.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

PAGES = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# A page that computes everything itself: its scripts may not connect to us either.
ALONE = PAGES.replace("connect-src 'self'", "connect-src 'none'")
# Somebody else's bytes: nothing in them may run, load or submit, whatever a browser takes them for.
DOWNLOADS = "default-src 'none'; sandbox; frame-ancestors 'none'"


class ContentSecurityPolicy:
    """Middleware that adds the page policy and its companions where a view set none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request with the policy on it."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", PAGES)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
