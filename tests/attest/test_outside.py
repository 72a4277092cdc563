import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from attest.outside import OutsideUnavailable, get, post

pytestmark = pytest.mark.network


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a little and then talks to its only caller."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as connection:
                connection.recv(65536)
                talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"
    thread.join(timeout=20)


def trickle(head: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(b"a")
            time.sleep(0.05)

    return talk


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
    ],
)
def test_an_answer_that_trickles_is_cut_at_the_deadline(head: bytes) -> None:
    with server(trickle(head)) as url:
        begun = time.monotonic()
        with pytest.raises(OutsideUnavailable, match="too long"):
            get(url, accept="*/*", max_bytes=10_000, seconds=0.5)
        assert time.monotonic() - begun < 8


def test_an_answer_that_is_too_large_is_given_up_while_it_arrives() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"a" * 65536)

    with server(talk) as url, pytest.raises(OutsideUnavailable, match="1,000 bytes"):
        post(url, b"", content_type="text/plain", accept="*/*", max_bytes=1000)


def test_a_redirect_is_not_followed_and_a_compressed_answer_stays_as_it_is() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Encoding: gzip\r\n"
            b"Content-Type: Text/Plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc"
        )

    with server(talk) as url:
        reply = get(url, accept="*/*", max_bytes=100)
    assert (reply.status, reply.content_type, reply.content) == (302, "text/plain", b"abc")


@pytest.mark.parametrize("talk", [lambda _: None, lambda c: c.sendall(b"not HTTP at all\r\n\r\n")])
def test_what_is_no_answer_is_unavailable(talk: Callable[[socket.socket], None]) -> None:
    with server(talk) as url, pytest.raises(OutsideUnavailable) as refused:
        get(url, accept="*/*", max_bytes=100)
    assert (refused.value.code, refused.value.permanent) == ("outside_unavailable", False)
