"""The witness over HTTP: what it answers, and what it does not put up with."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from attest.log.add_checkpoint import MAX_BODY, AddCheckpoint
from attest.log.checkpoint import Checkpoint
from attest.log.cosignature import CosignerKey
from attest.log.keys import LogKey
from attest.log.merkle import leaf_hash
from attest.log.note import Note
from attest.log.witness import Witness
from service.cli import witness_server
from service.cli.witness_server import WitnessServer

pytestmark = pytest.mark.network

LOG = LogKey("log.example.org/assay", bytes(range(32)))
KEY = CosignerKey("witness.example.org/w1", bytes(32))
NOTE = Checkpoint(LOG.vkey.name, 1, leaf_hash(b"a")).signed(LOG)
REQUEST = AddCheckpoint(0, (), NOTE).encode()


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    witness = Witness(KEY, [LOG.vkey], folder)
    server = WitnessServer("127.0.0.1", 0, witness)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        witness.close()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path) as found:
        yield found


def ask(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, str, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()


@pytest.mark.parametrize("path", ["/add-checkpoint", "/under/a/prefix/add-checkpoint"])
def test_a_checkpoint_is_cosigned_and_can_be_read(port: int, path: str) -> None:
    status, _, line = ask(port, "POST", path, REQUEST)
    assert status == 200
    note = Note.parse(NOTE + line.decode())
    assert KEY.vkey.line_of(note)
    status, _, page = ask(port, "GET", "/")
    assert page.decode() == f"{KEY.vkey}\n/logs/0 1 {LOG.vkey.name}\n"
    assert ask(port, "GET", "/logs/0")[2].decode() == str(note)


def test_a_conflict_is_a_size_in_its_own_type(port: int) -> None:
    ask(port, "POST", "/add-checkpoint", REQUEST)
    body = AddCheckpoint(0, (), Checkpoint(LOG.vkey.name, 2, bytes(32)).signed(LOG)).encode()
    assert ask(port, "POST", "/add-checkpoint", body) == (409, "text/x.tlog.size", b"1\n")


def test_one_connection_serves_many_requests(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        for old in (0, 1, 1):
            connection.request("POST", "/add-checkpoint", AddCheckpoint(old, (), NOTE).encode())
            answer = connection.getresponse()
            assert (answer.status, answer.read()[:3]) == (200, "—".encode())


def test_what_is_not_there_or_too_long_is_refused_unread(port: int) -> None:
    assert ask(port, "GET", "/logs/1")[0] == 404
    assert ask(port, "GET", "/logs/0")[0] == 404
    assert ask(port, "GET", "/add-checkpoint")[0] == 404
    assert ask(port, "POST", "/")[0] == 404
    assert ask(port, "POST", "/add-checkpoint", **{"Content-Length": str(MAX_BODY + 1)})[0] == 413
    for length in ("-1", "x", "9" * 30, ""):
        assert ask(port, "POST", "/add-checkpoint", **{"Content-Length": length})[0] == 411
    assert ask(port, "DELETE", "/")[0] == 501


def test_a_full_disk_is_said_and_nothing_is_cosigned(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("attest.log.witness.replace", full)
        assert ask(port, "POST", "/add-checkpoint", REQUEST)[0] == 503
    assert ask(port, "POST", "/add-checkpoint", REQUEST)[0] == 200


def test_a_connection_that_trickles_is_cut_and_frees_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_server, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(witness_server, "CONNECTION_SECONDS", 3.0)
    with serving(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\no")
        time.sleep(0.2)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            ask(port, "GET", "/")
        slow.settimeout(10)
        assert slow.recv(100) == b""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                assert ask(port, "GET", "/")[0] == 200
            except (http.client.HTTPException, ConnectionError):
                time.sleep(0.05)
            else:
                return
        pytest.fail("the place was not freed")
