"""`assay proof`: showing, exporting and upgrading proof files."""

import json
import shutil
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from attest.proofs.bundle import ProofBundle
from attest.proofs.upgrade import public_part
from attest.proofs.vectors.honest import PENDING
from attest.proofs.vectors.materials import WITNESS, final, logged


def write(folder: Path, bundle: ProofBundle, name: str = "photo.jpg.assay.json") -> Path:
    path = folder / name
    path.write_text(bundle.to_json())
    return path


def test_show_names_what_there_is_to_pin(assay: Any, tmp_path: Path) -> None:
    path = write(tmp_path, final())
    shown = assay("proof", "show", path)
    assert shown.code == 0
    evidence = final().anchors[0].evidence
    assert evidence is not None
    assert f"--block-hash 1:{evidence.block_hash}" in shown.out
    found = assay("proof", "show", path, "--json").json()
    assert (found["state"], found["anchors"][0]["evidence_block_hash"]) == ("final", evidence.block_hash)


def test_export_writes_a_tlog_proof_once(assay: Any, tmp_path: Path) -> None:
    path = write(tmp_path, logged())
    run = assay("proof", "export", path, "--format", "tlog-proof")
    assert (run.code, run.out.strip()) == (0, str(tmp_path / "photo.jpg.tlog-proof"))
    text = (tmp_path / "photo.jpg.tlog-proof").read_text()
    assert text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert assay("proof", "export", path).code == 2
    assert assay("proof", "export", path, "--out", tmp_path / "other").code == 0
    assert (tmp_path / "other").read_text() == text


def test_a_pending_proof_cannot_be_exported_yet(assay: Any, tmp_path: Path) -> None:
    run = assay("proof", "export", write(tmp_path, logged(**PENDING)))
    assert (run.code, "proof_pending" in run.err) == (3, True)
    assert list(tmp_path.iterdir()) == [tmp_path / "photo.jpg.assay.json"]


def test_what_is_no_proof_is_refused(assay: Any, tmp_path: Path) -> None:
    assert assay("proof", "show", tmp_path / "none").code == 2
    bad = tmp_path / "bad.assay.json"
    bad.write_text("{}")
    run = assay("proof", "show", bad)
    assert (run.code, "proof_malformed" in run.err) == (1, True)


def test_a_proof_is_upgraded_in_place_from_the_data_folder(assay: Any, press: Any, tmp_path: Path) -> None:
    whole = json.loads(press.photo.proof.read_text())
    for name in ("size", "inclusion", "checkpoint"):
        whole.pop(name)
    early = tmp_path / "early.assay.json"
    early.write_text(json.dumps(whole | {"state": "pending"}))
    early.chmod(0o640)
    run = assay("proof", "upgrade", early, "--json", "--data", press.data)
    assert run.code == 0, run.err
    assert run.json() == {"file": "early.assay.json", "before": "pending", "state": "logged", "changed": True}
    assert stat.S_IMODE(early.stat().st_mode) == 0o640
    verified = assay("verify", press.photo.file, "--proof", early, "--json")
    assert verified.code == 0, verified.err
    again = assay("proof", "upgrade", early, "--json", "--data", press.data)
    assert (again.code, again.json()["changed"]) == (0, False)
    assert list(tmp_path.iterdir()) == [early]


def test_a_proof_of_another_log_is_left_as_it_is(assay: Any, press: Any, tmp_path: Path) -> None:
    path = write(tmp_path, logged(3, 0))
    before = path.read_bytes()
    run = assay("proof", "upgrade", path, "--data", press.data)
    assert (run.code, "log_key_mismatch" in run.err) == (1, True)
    assert path.read_bytes() == before


def test_verify_takes_pins_and_refuses_malformed_ones(assay: Any, press: Any) -> None:
    for option, value in (
        ("--block-hash", "1:0x12"),
        ("--witness", "nonsense"),
        ("--log-id", "0x12"),
    ):
        assert assay("verify", press.photo.file, option, value).code == 2
    witness = "witness.example.org"
    run = assay("verify", press.photo.file, "--witness", str(WITNESS.vkey), "--json")
    assert witness in str(run.json()["registry"]["problems"])
    assert run.code == 0


class Answers(BaseHTTPRequestHandler):
    """A service that answers every question in one way."""

    body = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if self.body else 404)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is for the test."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        Answers.asked.clear()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.network
def test_a_proof_is_upgraded_from_a_server_that_learns_an_index_alone(
    assay: Any, server: str, tmp_path: Path
) -> None:
    path = write(tmp_path, logged())
    Answers.body = json.dumps(public_part(final())).encode()
    run = assay("proof", "upgrade", path, "--server", f"{server}/")
    assert run.code == 0, run.err
    assert "logged → final" in run.out
    assert path.read_text() == final().to_json()
    assert Answers.asked == ["/api/v1/proofs/4"]


@pytest.mark.network
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"salt": 1}', b"[" * 100_000])
def test_a_server_that_talks_nonsense_changes_nothing(
    assay: Any, server: str, tmp_path: Path, body: bytes
) -> None:
    path = write(tmp_path, logged())
    Answers.body = body
    run = assay("proof", "upgrade", path, "--server", server)
    assert run.code == 1
    assert len(run.err.splitlines()) == 1
    assert path.read_text() == logged().to_json()


@pytest.mark.network
def test_a_server_that_is_none_leaves_the_proof_as_it_is(assay: Any, press: Any, tmp_path: Path) -> None:
    path = Path(shutil.copy(press.photo.proof, tmp_path / "p.assay.json"))
    before = path.read_bytes()
    run = assay("proof", "upgrade", path, "--server", "http://127.0.0.1:9")
    assert (run.code, "server_unreachable" in run.err) == (3, True)
    assert path.read_bytes() == before
