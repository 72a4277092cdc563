"""Any exception → `application/problem+json` (RFC 9457): never a traceback, always a stable `code`."""

import errno
import json
import logging
import sqlite3
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from ninja.errors import HttpError, Throttled, ValidationError

from service.api import metrics
from service.api.errors import CONTENT_TYPE, KNOWN_ERRORS, TABLE, ApiError, ErrorKind, document, kind_of

log = logging.getLogger("service.api")
View = Callable[..., HttpResponseBase]
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def problem(kind: ErrorKind, detail: str = "", **more: Any) -> HttpResponse:
    """A problem response. `instance` is a fresh URN that the log names too."""
    body = document(kind, detail or kind.title + ".", uuid.uuid4().urn, **more)
    response = HttpResponse(json.dumps(body), status=kind.status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    if kind.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="assay"'
    return response


def _validation(error: ValidationError) -> HttpResponse:
    fields = [{"field": ".".join(map(str, item["loc"])), "detail": str(item["msg"])} for item in error.errors]
    names = ", ".join(sorted({field["field"] for field in fields}))
    return problem(TABLE["invalid_request"], f"Not accepted: {names}.", fields=fields)


def _api_error(error: ApiError) -> HttpResponse:
    more: dict[str, Any] = {}
    if error.fields:
        more["fields"] = [{"field": name, "detail": sentence} for name, sentence in error.fields]
    response = problem(kind_of(error), str(error), **more)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    for name, value in error.headers.items():
        response[name] = value
    return response


def _unexpected(error: Exception) -> HttpResponse:
    response = problem(TABLE["internal_error"], "This was logged; the instance below names it.")
    instance = json.loads(response.content)["instance"]
    log.error("unhandled error %s", instance, exc_info=error)
    return response


# What Django raises, most telling class first, with its code and a sentence where the title does not do.
_DJANGO: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((Http404,), "not_found", ""),
    ((MultiPartParserError,), "malformed_multipart", ""),
    ((UnreadablePostError,), "upload_interrupted", ""),
    (
        (RequestDataTooBig,),
        "too_large",
        "The form's fields or the JSON body are too large; send big content as a file.",
    ),
    ((PermissionDenied,), "forbidden", ""),
    ((SuspiciousOperation, BadRequest), "bad_request", ""),
    ((OperationalError, InterfaceError), "database_unavailable", ""),
)


def _is_full(error: Exception) -> bool:
    """Whether a database says that its disk is full: SQLite's code 13, PostgreSQL's class 53100."""
    cause = error.__cause__
    full = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return full or getattr(cause, "sqlstate", None) == "53100"


def _from_django(error: Exception) -> HttpResponse | None:
    if isinstance(error, OperationalError) and _is_full(error):
        log.error("storage is full: %s", error)
        return problem(TABLE["storage_full"])
    for classes, code, detail in _DJANGO:
        if isinstance(error, classes):
            if code == "database_unavailable":
                log.warning("database: %s", error)
            return problem(TABLE[code], detail)
    return None


def _from_engine(error: Exception) -> HttpResponse | None:
    if not isinstance(error, KNOWN_ERRORS):
        return None
    kind = kind_of(error)
    if kind.status >= 500:
        log.warning("%s: %s", error.code, error)
    return problem(kind, str(error))


def _from_disk(error: Exception) -> HttpResponse | None:
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        log.error("storage is full: %s", error)
        return problem(TABLE["storage_full"])
    return None


def _from_us(error: Exception) -> HttpResponse | None:
    return _api_error(error) if isinstance(error, ApiError) else None


def _from_validation(error: Exception) -> HttpResponse | None:
    return _validation(error) if isinstance(error, ValidationError) else None


def _from_ninja(error: Exception) -> HttpResponse | None:
    if not isinstance(error, HttpError):
        return None
    if isinstance(error, Throttled):
        return problem(TABLE["rate_limited"], "Wait as many seconds as Retry-After says.")
    known = {400: "malformed_body", 401: "unauthenticated", 403: "forbidden"}
    detail = "" if error.status_code == 401 else str(error)
    return problem(TABLE[known.get(error.status_code, "bad_request")], detail)


_TRANSLATORS = (_from_us, _from_engine, _from_validation, _from_ninja, _from_django, _from_disk)


def problem_for(error: Exception) -> HttpResponse:
    """The response for any exception. What is no known condition is logged with its traceback: a 500."""
    for translate in _TRANSLATORS:
        response = translate(error)
        if response is not None:
            return response
    return _unexpected(error)


def on_exception(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The same, as ninja's exception handler."""
    return problem_for(error if isinstance(error, Exception) else error())


def guarded(view: View) -> View:
    """`view` with every exception and every bare 405 turned into a problem, and the request counted."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the last door: nothing leaves as a traceback
            response = problem_for(error)
        if response.status_code == 405 and response.get("Content-Type") != CONTENT_TYPE:
            refused = problem(
                TABLE["method_not_allowed"], f"It takes {response.get('Allow', 'other methods')}."
            )
            refused["Allow"] = response.get("Allow", "")
            response = refused
        metrics.count(request, response)
        return response

    # Django's own check answers with a page. These views only read, or check a login's token themselves.
    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


def unknown_path(request: HttpRequest, **_: Any) -> HttpResponse:
    """Whatever lies under /api and is not there."""
    return problem(TABLE["not_found"])


def problem_type(request: HttpRequest, code: str) -> HttpResponse:
    """What `type` in a problem points at: the code's own row."""
    kind = TABLE.get(code)
    if kind is None:
        return problem(TABLE["not_found"], "No such error code.")
    row = {"code": kind.code, "status": kind.status, "title": kind.title}
    return HttpResponse(json.dumps(row), content_type="application/json")
