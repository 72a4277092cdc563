"""The witness over HTTP: `POST /add-checkpoint`, and what it knows for people and monitors to read.

    GET /            its verifier key and each log with the size it cosigned last
    GET /logs/<n>    the n-th log's last cosigned checkpoint

Python's own server with hard bounds; TLS is the business of whatever stands in front of it.
"""

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any

from attest.log.add_checkpoint import MAX_BODY
from attest.log.witness import Answer, Witness

log = logging.getLogger(__name__)
MAX_CONNECTIONS = 64
IDLE_SECONDS = 10.0
CONNECTION_SECONDS = 60.0


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness; at most 64 connections at once, each for a minute at most."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, witness: Witness) -> None:
        """Listen. Raises OSError where the address is taken."""
        self.witness = witness
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread, or close it where too many are open."""
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end, or to its deadline: a trickle must not hold a thread for ever."""
        deadline = threading.Timer(CONNECTION_SECONDS, _hang_up, (request,))
        deadline.daemon = True
        deadline.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            deadline.cancel()
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is worth a line, not a traceback on standard error."""
        log.info("a connection ended badly", exc_info=True)


def _hang_up(connection: socket) -> None:
    try:
        connection.shutdown(SHUT_RDWR)
    except OSError:
        log.debug("the connection was closed already")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "assay-witness"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: WitnessServer

    def do_POST(self) -> None:
        """`add-checkpoint`, under any prefix: a proxy may have taken one off or not."""
        if self.path.rstrip("/").rsplit("/", 1)[-1] != "add-checkpoint":
            return self._send(Answer(404, "There is nothing here.\n"), close=True)
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 10):
            return self._send(Answer(411, "Content-Length is missing.\n"), close=True)
        if int(length) > MAX_BODY:
            return self._send(Answer(413, "The request is too long.\n"), close=True)
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
            return None
        try:
            answer = self.server.witness.add_checkpoint(body)
        except OSError:
            log.exception("what was to be cosigned could not be stored")
            answer = Answer(503, "The witness cannot store anything now.\n")
        return self._send(answer)

    def do_GET(self) -> None:
        """What this witness is, and the checkpoints it cosigned last."""
        witness = self.server.witness
        if self.path == "/":
            logs = "".join(
                f"/logs/{number} {witness.size_of(origin)} {origin}\n"
                for number, origin in enumerate(witness.origins)
            )
            return self._send(Answer(200, f"{witness.key.vkey}\n{logs}"))
        named = dict(zip((f"/logs/{n}" for n in range(len(witness.origins))), witness.origins, strict=True))
        found = witness.latest(named[self.path]) if self.path in named else None
        return self._send(Answer(404, "There is nothing here.\n") if found is None else Answer(200, found))

    def _send(self, answer: Answer, *, close: bool = False) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """One line a request in the log, escaped."""
        log.info("%s %r", self.address_string(), format % args)
