"""Asking other people's servers: one bounded POST or GET, whatever the other side does.

No redirects, a cap on the answer's size while it arrives, and a deadline over the whole exchange, after which
the connection is cut: a server that trickles must not hold a worker. Addresses come from the operator's
configuration only.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from attest.errors import AttestError

SECONDS = 10.0


class OutsideUnavailable(AttestError):
    """A witness, time-stamping authority or calendar did not answer, or not within bounds."""

    code = "outside_unavailable"
    permanent = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: its status, its content type without parameters, its bytes."""

    status: int
    content_type: str
    content: bytes


def post(
    url: str, content: bytes, *, content_type: str, accept: str, max_bytes: int, seconds: float = SECONDS
) -> Reply:
    """Send `content`. Raises OutsideUnavailable."""
    headers = {"Content-Type": content_type, "Accept": accept}
    return _ask(_request("POST", url, headers, content), max_bytes, seconds)


def get(url: str, *, accept: str, max_bytes: int, seconds: float = SECONDS) -> Reply:
    """Fetch. Raises OutsideUnavailable."""
    return _ask(_request("GET", url, {"Accept": accept}, None), max_bytes, seconds)


def _request(method: str, url: str, headers: dict[str, str], content: bytes | None) -> httpx.Request:
    # What a compressed answer unpacks to could be of any size: take it as it is.
    headers |= {"Accept-Encoding": "identity", "User-Agent": "assay"}
    return httpx.Request(method, url, headers=headers, content=content)


def _ask(request: httpx.Request, max_bytes: int, seconds: float) -> Reply:
    host = request.url.host
    request.extensions |= {"timeout": httpx.Timeout(seconds).as_dict()}
    cutter = _Cutter()
    request.extensions["trace"] = cutter.watch
    found = bytearray()
    try:
        with (
            cutter.after(seconds),
            httpx.Client(follow_redirects=False, trust_env=False) as client,
            contextlib.closing(client.send(request, stream=True)) as response,
        ):
            for chunk in response.iter_raw():
                found += chunk
                if len(found) > max_bytes:
                    raise OutsideUnavailable(f"{host} answered more than {max_bytes:,} bytes.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        why = "took too long" if cutter.cut else f"did not answer: {type(error).__name__}"
        raise OutsideUnavailable(f"{host} {why}.") from error
    if cutter.cut:
        # An answer that ends with its connection looks whole where we were the ones who cut it.
        raise OutsideUnavailable(f"{host} took too long.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Reply(response.status_code, kind, bytes(found))


class _Cutter:
    """Cuts an exchange's connection at its deadline; a timeout on reads starts anew with each byte."""

    def __init__(self) -> None:
        self.cut = False
        self._socket: socket.socket | None = None

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Take note of the socket when it is there (httpcore's `trace` extension)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    @contextlib.contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """Cut what goes on inside after so many seconds."""
        timer = threading.Timer(seconds, self._now)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _now(self) -> None:
        self.cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
