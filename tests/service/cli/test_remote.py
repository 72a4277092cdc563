"""`assay attest --server` against a real web server and a worker thread."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from service import accounts, pipeline
from service.cli import remote
from service.cli.progress import Steps
from service.errors import ServiceError
from service.jobs import runner

pytestmark = pytest.mark.network


@pytest.fixture
def server(house: Path, account: Any, live_server: Any) -> Iterator[remote.Server]:
    """A server with a worker, and the door to it."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            runner.run_until_idle()
            pipeline.seal()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    _, secret = accounts.create_key(account, "test", ["attest"])
    with remote.Server(live_server.url, secret) as door:
        yield door
    stop.set()
    worker.join()


def wish(**changes: Any) -> remote.Wish:
    return remote.Wish(
        **{"source_type": "human", "title": "T", "until": "logged", "patience": 30.0} | changes
    )


def test_the_signed_file_and_the_proof_come_home(
    server: remote.Server, assay: Any, paint: Any, tmp_path: Path
) -> None:
    source = paint(tmp_path / "photo.jpg", 21)
    status, made = server.attest(source, wish(), tmp_path / "out", Steps())
    assert status["state"] == "logged"
    assert made.signed is not None
    assert assay("verify", made.signed).code == 0


def test_a_sidecar_comes_home_for_what_cannot_carry_one(
    server: remote.Server, assay: Any, tmp_path: Path
) -> None:
    source = tmp_path / "note.txt"
    source.write_text("The footbridge is closed on Thursday; take the upper road instead.\n")
    _, made = server.attest(source, wish(), tmp_path, Steps())
    assert (made.signed, made.store) == (None, tmp_path / "note.txt.c2pa")
    report = assay("verify", source, "--json")
    assert (report.code, report.json()["credential"]["status"]) == (0, "untrusted_issuer")


def test_a_refusal_carries_the_servers_own_code(server: remote.Server, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    with pytest.raises(ServiceError) as found:
        server.attest(empty, wish(), tmp_path, Steps())
    assert found.value.code == "empty_file"


def test_a_wrong_key_is_refused(server: remote.Server, live_server: Any, paint: Any, tmp_path: Path) -> None:
    source = paint(tmp_path / "photo.jpg", 22)
    with remote.Server(live_server.url, "assay_nonsense") as stranger, pytest.raises(ServiceError) as found:
        stranger.attest(source, wish(), tmp_path, Steps())
    assert found.value.code == "unauthenticated"
    assert not list(tmp_path.glob("*.assay.json"))


def test_another_web_server_is_recognised_as_such(live_server: Any, tmp_path: Path, house: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("a")
    with remote.Server(live_server.url + "/verify", "assay_x") as door, pytest.raises(ServiceError) as found:
        door.attest(source, wish(), tmp_path, Steps())
    assert found.value.code in ("not_an_assay_server", "not_found", "unauthenticated")


def test_the_proof_that_comes_home_is_the_one_the_service_gives(
    server: remote.Server, paint: Any, tmp_path: Path
) -> None:
    _, made = server.attest(paint(tmp_path / "p.png", 23), wish(), tmp_path, Steps())
    assert json.loads(made.proof.read_text())["format"] == "assay.proof/1"
