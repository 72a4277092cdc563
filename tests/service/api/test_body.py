"""Request bodies: a bound on every one of them, whether or not it says how long it is."""

import errno
import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.api import body
from service.api.body import CHUNK, ENVELOPE, IN_MEMORY, BodyLimit

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class Answer:
    """What a WSGI application answered."""

    def __init__(self, application, environ):
        self.started = []
        body = application(environ, lambda status, headers: self.started.append((status, dict(headers))))
        self.body = b"".join(body)
        self.closed = getattr(body, "close", lambda: None)()
        self.status = int(self.started[0][0].split()[0])
        self.headers = self.started[0][1]

    @property
    def code(self):
        return json.loads(self.body)["code"]


class Echo:
    """Remembers the input it was given and answers its length."""

    def __init__(self):
        self.input = None

    def __call__(self, environ, start_response):
        self.input = environ["wsgi.input"]
        self.environ = environ
        read = self.input.read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [])
        return iter([str(len(read)).encode()])


def chunked(data, **more):
    return {
        "REQUEST_METHOD": "POST",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(data),
        "wsgi.input_terminated": True,
        **more,
    }


def test_a_declared_length_over_the_limit_is_refused_unread(tmp_path):
    source = io.BytesIO(b"x")
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(10 + ENVELOPE + 1), "wsgi.input": source}
    answer = Answer(BodyLimit(Echo(), 10, lambda: tmp_path), environ)
    assert (answer.status, answer.code) == (413, "too_large")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert source.tell() == 0


def test_a_body_of_a_declared_length_within_the_limit_passes_untouched(tmp_path):
    source = io.BytesIO(b"x" * (10 + ENVELOPE))
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(10 + ENVELOPE), "wsgi.input": source}
    echo = Echo()
    assert Answer(BodyLimit(echo, 10, lambda: tmp_path), environ).body == str(10 + ENVELOPE).encode()
    assert echo.input is source


@pytest.mark.parametrize("length", ["-1", "1e9", "١", " 5", "0x10"])
def test_a_content_length_that_is_no_number_is_a_bad_request(length, tmp_path):
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": length, "wsgi.input": io.BytesIO()}
    answer = Answer(BodyLimit(Echo(), 10, lambda: tmp_path), environ)
    assert (answer.status, answer.code) == (400, "bad_request")


@pytest.mark.parametrize("size", [0, 1, CHUNK, IN_MEMORY - 1, IN_MEMORY + 1])
def test_a_chunked_body_gets_its_length(size, tmp_path):
    echo = Echo()
    answer = Answer(BodyLimit(echo, 2 * IN_MEMORY, lambda: tmp_path), chunked(b"x" * size))
    assert answer.body == str(size).encode()
    assert echo.environ["CONTENT_LENGTH"] == str(size)
    assert "HTTP_TRANSFER_ENCODING" not in echo.environ
    assert echo.input.closed
    assert list(tmp_path.iterdir()) == []


def test_a_chunked_body_one_byte_over_the_limit_is_refused_and_leaves_nothing(tmp_path):
    limit = IN_MEMORY
    answer = Answer(BodyLimit(Echo(), limit, lambda: tmp_path), chunked(b"x" * (limit + ENVELOPE + 1)))
    assert (answer.status, answer.code) == (413, "too_large")
    assert list(tmp_path.iterdir()) == []


def test_an_http2_body_without_a_length_is_measured_too(tmp_path):
    environ = chunked(b"x" * 9, SERVER_PROTOCOL="HTTP/2.0")
    del environ["HTTP_TRANSFER_ENCODING"]
    assert Answer(BodyLimit(Echo(), 10, lambda: tmp_path), environ).body == b"9"


def test_a_get_without_a_body_is_not_waited_for(tmp_path):
    class Endless:
        def read(self, size=-1):
            raise AssertionError("nobody may read this")

    environ = {
        "REQUEST_METHOD": "GET",
        "SERVER_PROTOCOL": "HTTP/2.0",
        "wsgi.input": Endless(),
        "wsgi.input_terminated": True,
    }

    def plain(environ, start_response):
        start_response("200 OK", [])
        return [b"fine"]

    assert Answer(BodyLimit(plain, 10, lambda: tmp_path), environ).body == b"fine"


def test_a_server_that_does_not_mark_the_bodys_end_gets_length_required(tmp_path):
    environ = chunked(b"x")
    del environ["wsgi.input_terminated"]
    answer = Answer(BodyLimit(Echo(), 10, lambda: tmp_path), environ)
    assert (answer.status, answer.code) == (411, "length_required")


def test_a_full_disk_while_spooling_is_507(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(body.tempfile, "SpooledTemporaryFile", lambda **_: Full())
    answer = Answer(BodyLimit(Echo(), 10, lambda: tmp_path), chunked(b"x"))
    assert (answer.status, answer.code) == (507, "storage_full")


def test_a_client_that_goes_away_while_spooling_is_an_interrupted_upload(tmp_path):
    class Gone:
        def read(self, size=-1):
            raise ConnectionResetError

    answer = Answer(BodyLimit(Echo(), 10, lambda: tmp_path), chunked(b"") | {"wsgi.input": Gone()})
    assert (answer.status, answer.code) == (400, "upload_interrupted")


def test_an_application_that_fails_leaves_no_file_open(tmp_path):
    seen = []

    def broken(environ, start_response):
        seen.append(environ["wsgi.input"])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Answer(BodyLimit(broken, 10, lambda: tmp_path), chunked(b"x"))
    assert seen[0].closed


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def granian(tmp_path):
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    environment = {**os.environ, "SPOOL": str(tmp_path), "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"}
    server = subprocess.Popen(
        [*command, "--port", str(port), "--no-ws", "--log-level", "warning", "echo_app:application"],
        cwd=HERE,
        env=environment,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, "granian did not start"
                assert time.monotonic() < deadline, "granian does not listen"
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _exchange(port, head, blocks):
    """Send a request by hand, read one answer: status and JSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode())
        try:
            for block in blocks:
                connection.sendall(block)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the end: the answer is still readable
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = connection.recv(65536)
            assert part, f"closed after {answer!r}"
            answer += part
        headers, _, rest = answer.partition(b"\r\n\r\n")
        status = int(headers.split()[1])
        length = int(headers.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += connection.recv(65536)
        return status, json.loads(rest)


def _chunks(total, size=50_000):
    block = b"x" * size
    sent = 0
    while sent < total:
        part = block[: min(size, total - sent)]
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
        sent += len(part)
    yield b"0\r\n\r\n"


HEAD = "POST /x HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.network
def test_the_real_server_is_held_to_the_limit_with_and_without_a_length(granian, tmp_path):
    limit = 3_000_000 + ENVELOPE
    assert _exchange(granian, CHUNKED, _chunks(2_500_000)) == (200, {"length": 2_500_000, "seen": 2_500_000})
    assert _exchange(granian, CHUNKED, _chunks(0)) == (200, {"length": 0, "seen": 0})
    assert _exchange(granian, CHUNKED, _chunks(limit))[0] == 200
    status, problem = _exchange(granian, CHUNKED, _chunks(limit + 1))
    assert (status, problem["code"]) == (413, "too_large")
    status, problem = _exchange(granian, HEAD + f"Content-Length: {limit + 1}\r\n\r\n", [])
    assert (status, problem["code"]) == (413, "too_large")
    assert _exchange(granian, HEAD + "Content-Length: 5\r\n\r\n", [b"hello"]) == (
        200,
        {"length": 5, "seen": 5},
    )
    assert list(tmp_path.iterdir()) == []
