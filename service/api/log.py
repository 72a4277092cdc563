"""The log's static files as C2SP tlog-tiles serves them: the checkpoint, hash tiles, entry bundles.

Anybody may read them, from any origin; a tile never changes, so it may be cached for ever.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from attest.errors import ProofInvalid
from service import wiring
from service.api.errors import ApiError

FOREVER = "public, max-age=31536000, immutable"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The latest signed checkpoint. 404 before the first."""
    note = wiring.tile_store().read_checkpoint()
    if note is None:
        raise ApiError("not_found", "The log has no checkpoint yet.")
    response = HttpResponse(note, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=1"
    return response


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """A hash tile or entry bundle; `path` is what follows `/log/`. 404 for any other path."""
    try:
        data = wiring.tile_store().read(path)
    except ProofInvalid as error:
        raise ApiError("not_found", "There is no such tile.") from error
    if data is None:
        raise ApiError("not_found", "There is no such tile.")
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Cache-Control"] = FOREVER
    response["X-Content-Type-Options"] = "nosniff"
    return response
