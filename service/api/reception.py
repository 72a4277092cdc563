"""Slow senders wait outside: a body is taken in whole before one of the few working threads sees its request.

A WSGI server gives each request one thread until its answer is out. With as many threads as there is work
for, that many slow uploads (a phone on a train) would leave none to answer `/healthz`, and the supervisor
would start the web process again under them. So the server has many threads, which only receive and send,
and the application runs in a few others, which also keeps the number of database connections small.
"""

import errno
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO, Any, cast

from service.api.body import CHUNK, Application, Environ, Folder, Spooled, StartResponse, refuse

IN_MEMORY = 256 * 1024


class _BrokenOffError(Exception):
    """The sender went away before its last byte."""


class Reception:
    """Runs a WSGI `application` in `threads` threads of its own, each request only once its body is here.

    Stands behind BodyLimit, which has bounded the body. `folder` takes bodies that are too large for memory,
    as nameless files (None: the system's temporary folder).
    """

    def __init__(self, application: Application, threads: int, folder: Folder = None) -> None:
        self._application = application
        self._folder = folder
        self._working = ThreadPoolExecutor(threads, thread_name_prefix="request")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (PEP 3333)."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length or environ.get("assay.body_is_here"):
            return self._answer(environ, start_response)
        try:
            file = self._take(environ["wsgi.input"], length)
        except _BrokenOffError:
            return refuse("upload_interrupted", "", start_response)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return refuse("storage_full" if full else "upload_interrupted", "", start_response)
        try:
            return Spooled(self._answer({**environ, "wsgi.input": file}, start_response), file)
        except BaseException:
            file.close()
            raise

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer; it begins on the server's own thread, as the server expects."""
        begun: list[tuple[Any, ...]] = []

        def begin(*answer: Any) -> None:
            begun[:] = [answer]

        body = self._working.submit(self._application, environ, begin).result()
        start_response(*begun[0])
        return body

    def _take(self, stream: Any, length: int) -> IO[bytes]:
        """The body in a nameless file, positioned at its start. Raises _BrokenOffError, OSError."""
        large = length > IN_MEMORY and self._folder is not None
        folder = str(self._folder()) if large and self._folder else None
        with ExitStack() as undo:
            file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=folder)  # noqa: SIM115 - handed out
            undo.callback(file.close)
            left = length
            while left:
                chunk = stream.read(min(CHUNK, left))
                if not chunk:
                    raise _BrokenOffError
                left -= len(chunk)
                file.write(chunk)
            file.seek(0)
            undo.pop_all()
        return cast("IO[bytes]", file)
