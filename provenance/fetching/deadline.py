"""A network backend for httpx whose connections end at one moment, however busily they drip until then.

httpx's own timeouts are for each read alone: a server that sends a byte of its headers every few seconds
would hold the thread that asked it for days.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx


def transport_until(deadline: float) -> httpx.HTTPTransport:
    """A transport, without proxies, that raises httpx.TimeoutException from `deadline` (monotonic) on."""
    transport = httpx.HTTPTransport(trust_env=False)
    # httpx hands this argument of httpcore's pool through to nobody.
    pool: Any = transport._pool
    pool._network_backend = _Backend(deadline)
    return transport


class _Clock:
    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def left(self, timeout: float | None) -> float:
        """What is left of `timeout`. Raises httpcore.ReadTimeout when nothing is."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this request is over")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: float) -> None:
        self._inner = httpcore.SyncBackend()
        self._clock = _Clock(deadline)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._clock.left(timeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._clock)
