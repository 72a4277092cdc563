"""Uploads into the portal: capped while they arrive, whatever length was announced."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import StopUpload
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from provenance.errors import RejectedAsset
from service import wiring
from service.intake import UploadHandler
from service.portal.access import View

# Room for the form's other fields and the multipart boundaries around the file.
FORM_ROOM = 5 * 1024 * 1024

Rejected = Callable[[HttpRequest, RejectedAsset], HttpResponseBase]


class _Capped(UploadHandler):
    """Writes to a temporary file, and stops reading the request at the limit."""

    def __init__(self, request: HttpRequest, max_bytes: int) -> None:
        super().__init__(request)
        self.max_bytes = max_bytes
        self.received = 0
        self.stopped = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Count, then store; past the limit nothing more is read."""
        self.received += len(raw_data)
        if self.received > self.max_bytes:
            self.stopped = True
            raise StopUpload(connection_reset=True)
        result: bytes | None = super().receive_data_chunk(raw_data, start)
        return result


def _too_large(max_bytes: int) -> RejectedAsset:
    return RejectedAsset(
        f"This is larger than {max_bytes / 1e6:.0f} MB, the most this installation takes.", code="too_large"
    )


def capped(rejected: Rejected) -> Callable[[View], View]:
    """Decorator for views that take files: over the limit, `rejected` answers instead of the view.

    The handler has to be in place before the CSRF check, which reads the form; so that check runs inside.
    """

    def decorate(view: View) -> View:
        protected: View = csrf_protect(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.method != "POST":
                return protected(request, *args, **kwargs)
            max_bytes = wiring.limits().max_bytes
            announced = request.META.get("CONTENT_LENGTH") or "0"
            if announced.isdigit() and int(announced) > max_bytes + FORM_ROOM:
                return rejected(request, _too_large(max_bytes))
            handler = _Capped(request, max_bytes)
            request.upload_handlers = [handler]
            try:
                request.POST  # noqa: B018 - parses the body now, under the handler
            except UnreadablePostError:
                # Whoever sent this is gone; nobody reads the answer.
                return HttpResponseBadRequest()
            except RequestDataTooBig:
                return rejected(
                    request,
                    RejectedAsset("The text is too long; send it as a file instead.", code="too_large"),
                )
            if handler.stopped:
                return rejected(request, _too_large(max_bytes))
            return protected(request, *args, **kwargs)

        return csrf_exempt(guarded)

    return decorate
