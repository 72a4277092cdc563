"""Bounds on request bodies, also chunked ones: a WSGI middleware, outermost, before Django sees anything.

Django reads as many bytes as CONTENT_LENGTH says and takes a chunked body (RFC 9112 section 7.1, which has
none) for an empty one. Here such a body is spooled to a nameless temporary file, up to the limit, and gets
its length; the file is gone when the response is, and also when the process dies in between.
"""

import errno
import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

from service.api.errors import CONTENT_TYPE, TABLE, document

CHUNK = 64 * 1024
IN_MEMORY = 1024 * 1024
# The multipart envelope around a file of exactly the allowed size: boundaries, headers and small fields.
ENVELOPE = 1024 * 1024

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Folder = Callable[[], Path] | None


class _TooLargeError(Exception):
    """The body went over the limit."""


class Spooled:
    """A response's body together with the temporary file that fed its request; closing closes both."""

    def __init__(self, body: Iterable[bytes], file: IO[bytes]) -> None:
        self._body = body
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Called by the server after the last byte, or when the client went away (PEP 3333)."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._file.close()


def _declared_length(environ: Environ) -> int | None:
    """CONTENT_LENGTH as a number, None where there is none. Raises ValueError for anything else."""
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def _has_unmeasured_body(environ: Environ) -> bool:
    """Whether a body of unknown length may follow: chunked in HTTP/1.1, any but GET and HEAD in HTTP/2."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return True
    later_http = environ.get("SERVER_PROTOCOL", "HTTP/1.1") not in ("HTTP/1.0", "HTTP/1.1")
    return later_http and environ.get("REQUEST_METHOD") not in ("GET", "HEAD", "OPTIONS")


def refuse(code: str, detail: str, start_response: StartResponse) -> list[bytes]:
    """Answer with a problem, without the application."""
    kind = TABLE[code]
    body = json.dumps(document(kind, detail, uuid.uuid4().urn)).encode()
    headers = [
        ("Content-Type", CONTENT_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(f"{kind.status} {kind.title}", headers)
    return [body]


class BodyLimit:
    """Wraps a WSGI `application` so that no request body larger than `max_bytes` reaches it.

    `max_bytes` is the largest file; a request may be ENVELOPE larger. `folder` takes the spooled bodies
    (None: the system's temporary folder); it is asked for only when one is needed.
    """

    def __init__(self, application: Application, max_bytes: int, folder: Folder = None) -> None:
        self._application = application
        self._limit = max_bytes + ENVELOPE
        self._sentence = f"This service takes files of at most {max_bytes:,} bytes."
        self._folder = folder

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (PEP 3333)."""
        try:
            length = _declared_length(environ)
        except ValueError:
            return refuse("bad_request", "Content-Length must be a number.", start_response)
        if length is not None and length > self._limit:
            return refuse("too_large", self._sentence, start_response)
        if length is not None or not _has_unmeasured_body(environ):
            return self._application(environ, start_response)
        if not environ.get("wsgi.input_terminated"):
            # A server that does not mark the body's end would leave us waiting for ever.
            return refuse("length_required", "Send a Content-Length.", start_response)
        return self._spooled(environ, start_response)

    def _spooled(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            file = self._spool(environ["wsgi.input"])
        except _TooLargeError:
            return refuse("too_large", self._sentence, start_response)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return refuse("storage_full" if full else "upload_interrupted", "", start_response)
        measured = {name: value for name, value in environ.items() if name != "HTTP_TRANSFER_ENCODING"}
        measured["CONTENT_LENGTH"] = str(file.tell())
        file.seek(0)
        measured["wsgi.input"] = file
        measured["assay.body_is_here"] = True
        try:
            return Spooled(self._application(measured, start_response), file)
        except BaseException:
            file.close()
            raise

    def _spool(self, stream: Any) -> IO[bytes]:
        """The body in a nameless file, positioned at its end. Raises _TooLargeError, OSError."""
        folder = str(self._folder()) if self._folder else None
        with ExitStack() as undo:
            file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=folder)  # noqa: SIM115 - handed out
            undo.callback(file.close)
            size = 0
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > self._limit:
                    raise _TooLargeError
                file.write(chunk)
            undo.pop_all()
        return cast("IO[bytes]", file)
