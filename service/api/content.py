"""What a request brings to work on: a file, a text, an address or a digest, as multipart, form or JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, multipartparser
from ninja import Schema
from pydantic import ValidationError

from provenance.assets.asset import Asset
from provenance.fetching.client import fetched
from service.api.errors import ApiError
from service.intake import incoming, incoming_text

Fields = TypeVar("Fields", bound=Schema)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LISTS = frozenset({"parents"})
CHUNK = 1024 * 1024

# A part's headers hold the file's name; Django stops at 1 KiB, and names of 4 KiB exist. It has no setting.
multipartparser.MAX_TOTAL_HEADER_SIZE = 16 * 1024  # type: ignore[attr-defined]


def digest(text: str) -> str:
    """64 hex digits in lower case. Raises ApiError `invalid_digest`."""
    if not _SHA256.fullmatch(text):
        raise ApiError("invalid_digest")
    return text.lower()


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ApiError("malformed_body", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise ApiError("malformed_body", "The body must be one JSON object.")
    return body


def _form(request: HttpRequest) -> dict[str, Any]:
    lists = {name: request.POST.getlist(name) for name in request.POST}
    single = {name: values[-1] for name, values in lists.items() if name not in _LISTS}
    several = {
        name: [part for value in values for part in value.split(",") if part]
        for name, values in lists.items()
        if name in _LISTS
    }
    return single | several


def fields_of(request: HttpRequest, schema: type[Fields]) -> Fields:
    """The request's fields, checked. Raises ApiError: `invalid_request` with the fields at fault,
    `malformed_body`, `unsupported_content_type`.
    """
    kind = request.content_type or ""
    if kind == "application/json":
        raw = _json(request)
    elif kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raw = _form(request)
    else:
        raise ApiError("unsupported_content_type", "Send multipart/form-data or application/json.")
    try:
        return schema.model_validate(raw)
    except ValidationError as error:
        raise ApiError(
            "invalid_request",
            "Some fields are not accepted.",
            fields=tuple(
                (".".join(str(part) for part in item["loc"]), item["msg"]) for item in error.errors()
            ),
        ) from error


def file_of(request: HttpRequest, name: str) -> "UploadedFile[Any] | None":
    """The uploaded file of that field, if any."""
    if request.content_type != "multipart/form-data":
        return None
    found = request.FILES.get(name)
    return found if isinstance(found, UploadedFile) else None


def only_one(given: Mapping[str, object]) -> str:
    """The one name in `given` whose value was sent. Raises ApiError `missing_content`, `invalid_request`."""
    names = [name for name, value in given.items() if value is not None]
    if not names:
        raise ApiError("missing_content", f"Send one of: {', '.join(given)}.")
    if len(names) > 1:
        raise ApiError("invalid_request", f"Send only one of: {', '.join(names)}.")
    return names[0]


def _checked(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ApiError("invalid_text", "The text holds half a surrogate pair.") from error
    return text


@contextmanager
def content(request: HttpRequest, text: str | None, url: str | None) -> Iterator[Asset]:
    """The one piece of content this request brings, as an Asset for as long as the block runs.

    Raises ApiError, RejectedAsset and FetchFailed; nothing is left on disk.
    """
    file = file_of(request, "file")
    which = only_one({"file": file, "text": text, "url": url})
    if which == "file" and file is not None:
        with incoming(file.chunks(CHUNK), file.name or "") as asset:
            yield asset
    elif which == "text" and text is not None:
        with incoming_text(_checked(text)) as asset:
            yield asset
    elif url is not None:
        with fetched(url) as download, incoming(download.chunks, download.name) as asset:
            yield asset
