"""Handing a file back as an attachment, of the type we sniffed, sandboxed: no upload runs as a page."""

from collections.abc import Iterator
from typing import BinaryIO

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from provenance.assets.label import label
from provenance.models import StoredAsset
from service import wiring

CHUNK = 256 * 1024
_TEXT = "text/"


def _sealed(response: HttpResponseBase, size: int, filename: str) -> HttpResponseBase:
    """The headers that keep a hostile upload (a polyglot, an SVG, an HTML page) a mere file."""
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, label(filename)) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache"
    return response


class _Blocks:
    """A file in blocks; closing it closes the file, also when the client went away half-way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while block := self._file.read(CHUNK):
            yield block

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def stored(asset: StoredAsset, media_type: str, filename: str) -> HttpResponseBase:
    """Stream stored content. Raises ProvenanceError where it is missing."""
    blocks = _Blocks(wiring.asset_store().open(asset.key))
    response = StreamingHttpResponse(blocks, content_type=_declared(media_type))
    return _sealed(response, asset.size, filename)


def made(data: bytes, media_type: str, filename: str) -> HttpResponseBase:
    """Hand out bytes made for this request."""
    return _sealed(HttpResponse(data, content_type=_declared(media_type)), len(data), filename)


def _declared(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith(_TEXT) else media_type
