"""Downloads. Whatever a stranger uploaded leaves as an attachment that no browser runs."""

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from provenance.models import StoredAsset
from service import pipeline
from service.models import Thumbnail
from service.portal.access import signed_in, submission_for
from service.portal.evidence import download_names
from service.portal.headers import DOWNLOADS
from service.portal.problem import KNOWN
from service.stages import local

CHUNK = 256 * 1024


def _chunks(stored: StoredAsset) -> Iterator[bytes]:
    with local(stored) as asset, asset.path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            yield piece


def _attachment(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Security-Policy"] = DOWNLOADS
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def stored_attachment(stored: StoredAsset | None, name: str) -> HttpResponseBase:
    """Stored bytes as a download; Http404 where there are none yet."""
    if stored is None:
        raise Http404
    # Never the sniffed type: a picture that is also a page must not be opened as one.
    response = StreamingHttpResponse(_chunks(stored), content_type="application/octet-stream")
    response.headers["Content-Length"] = str(stored.size)
    return _attachment(response, name)


@signed_in
@require_safe
def signed_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The signed file."""
    submission = submission_for(request, pk)
    return stored_attachment(submission.signed, download_names(submission).signed)


@signed_in
@require_safe
def original_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The bytes as they were handed in, which reviewers compare."""
    submission = submission_for(request, pk)
    return stored_attachment(submission.asset, download_names(submission).original)


@signed_in
@require_safe
def thumbnail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The small picture of a picture, to be shown: a JPEG that we made ourselves, from the decoded pixels."""
    found = Thumbnail.objects.filter(submission=submission_for(request, pk)).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.jpeg), content_type="image/jpeg")
    response.headers["Content-Security-Policy"] = DOWNLOADS
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@signed_in
@require_safe
def manifest(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The C2PA manifest store on its own."""
    submission = submission_for(request, pk)
    return stored_attachment(submission.store, download_names(submission).manifest)


@signed_in
@require_safe
def proof(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The self-contained proof bundle; Http404 before there is one."""
    submission = submission_for(request, pk)
    try:
        body = pipeline.proof(submission).to_json()
    except KNOWN as error:
        raise Http404 from error
    return _attachment(HttpResponse(body, content_type="application/json"), download_names(submission).proof)
