"""Faults of the machine, for real: a full disk, a database that is locked or down, a clock a day off."""

import contextlib
import json
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.endurance.instance import ROOT, Instance
from tests.full_disk import small_disk

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(600)]


def submit(instance: Instance, key: str, text: str, seconds: float = 60) -> httpx.Response:
    return httpx.post(
        f"{instance.url}/api/v1/attestations",
        headers={"Authorization": f"Bearer {key}"},
        json={"text": text, "source_type": "human"},
        timeout=seconds,
    )


def state(instance: Instance, key: str, one: str) -> str:
    with contextlib.suppress(httpx.TransportError):
        answer = httpx.get(
            f"{instance.url}/api/v1/attestations/{one}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        return str(answer.json().get("state"))
    return "no answer"


def ready(instance: Instance) -> dict[str, Any]:
    found = httpx.get(f"{instance.url}/readyz", timeout=60).json()
    return {name: check["ok"] for name, check in found["checks"].items()}


def until(true: Callable[[], bool], seconds: float, instance: Instance) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, instance.log.read_text(errors="replace")[-5000:]
        time.sleep(0.5)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("code"))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[[Path], Instance]]:
    """Makes an instance on a folder; stopped at the end whatever happened."""
    if not (ROOT / "node_modules").is_dir():
        pytest.skip("the embedded chain needs node_modules (./assay makes it)")
    instances: list[Instance] = []

    def make(data: Path) -> Instance:
        instances.append(Instance(data))
        instances[-1].log = tmp_path / "up.log"
        return instances[-1]

    yield make
    for instance in instances:
        with contextlib.suppress(Exception):
            instance.stop()
        with contextlib.suppress(Exception):
            instance.kill()


def test_on_a_full_disk_uploads_are_507_and_all_goes_on_when_there_is_room(
    made: Any, tmp_path: Path, photo: Path
) -> None:
    with small_disk(tmp_path / "disk", 320) as disk:
        instance = made(disk.folder / "data")
        instance.start()
        key = instance.key("attest")
        before = submit(instance, key, "The last text before the disk was full, about herrings.")
        assert before.status_code == 202
        disk.fill()
        upload = httpx.post(
            f"{instance.url}/api/v1/attestations",
            headers={"Authorization": f"Bearer {key}"},
            files={"file": ("photo.jpg", photo.read_bytes(), "image/jpeg")},
            data={"source_type": "human"},
            timeout=60,
        )
        assert problem(upload) == (507, "storage_full")
        assert problem(submit(instance, key, "A text for which there is no room at all.")) == (
            507,
            "storage_full",
        )
        assert httpx.get(f"{instance.url}/healthz", timeout=30).status_code == 200
        time.sleep(3)  # the worker meets the full disk too
        disk.free()
        after = submit(instance, key, "The first text after there was room again, about eels.")
        assert after.status_code == 202
        ids = [before.json()["id"], after.json()["id"]]
        until(lambda: [state(instance, key, one) for one in ids] == ["anchored"] * 2, 120, instance)
        assert instance.stop() == 0
        audit = instance.verb("fsck", "--full")
        assert audit.returncode == 0, audit.stdout + audit.stderr
        with contextlib.closing(sqlite3.connect(instance.data / "assay.sqlite3")) as rows:
            assert rows.execute("select count(*) from service_submission").fetchone() == (2,)
            kept = {key for (key,) in rows.execute("select key from provenance_storedasset")}
        stored = {
            path.relative_to(instance.data / "blobs").as_posix()
            for path in (instance.data / "blobs").rglob("*")
            if path.is_file()
        }
        assert stored == kept
        assert not list((instance.data / "incoming").iterdir())


def test_while_the_database_is_locked_writing_is_503_and_then_all_goes_on(made: Any, tmp_path: Path) -> None:
    instance = made(tmp_path / "data")
    instance.start()
    key = instance.key("attest")
    first = submit(instance, key, "A text that waits for the database, about buoys.")
    locked = sqlite3.connect(instance.data / "assay.sqlite3", timeout=30, isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    refused = submit(instance, key, "A text that meets a locked database, about ropes.")
    assert problem(refused) == (503, "database_unavailable")
    until(lambda: not ready(instance)["worker"], 60, instance)
    locked.execute("ROLLBACK")
    locked.close()
    until(lambda: all(ready(instance).values()), 60, instance)
    second = submit(instance, key, "A text that comes after the lock, about anchors.")
    ids = [first.json()["id"], second.json()["id"]]
    until(lambda: [state(instance, key, one) for one in ids] == ["anchored"] * 2, 120, instance)
    assert instance.stop() == 0
    assert instance.verb("fsck").returncode == 0


class Cluster:
    """A PostgreSQL of this test's own, which can be stopped."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.folder = folder
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        folder.chmod(0o700)
        self._run("initdb", "-D", str(folder), "-A", "trust", "-U", "postgres", "--no-sync")

    def _run(self, *command: str) -> None:
        subprocess.run(
            ["runuser", "-u", "postgres", "--", *command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=60,
        )

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-l", f"{self.folder}/log", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-m", "immediate", "stop")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    # Under /tmp and not pytest's folder, which is closed to other users.
    folder = Path(f"/tmp/assay-cluster-{time.time_ns()}")
    try:
        made = Cluster(folder)
        made.start()
    except (OSError, LookupError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL of its own can be started here: {error}")
    try:
        psycopg.connect(made.url).close()
        yield made
    finally:
        with contextlib.suppress(subprocess.SubprocessError):
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_while_the_database_is_down_it_says_so_and_the_queue_resumes(
    made: Any, cluster: Cluster, tmp_path: Path
) -> None:
    instance = made(tmp_path / "data")
    instance.environment["DATABASE_URL"] = cluster.url
    instance.start()
    key = instance.key("attest")
    first = submit(instance, key, "A text whose database goes away, about gulls.")
    assert first.status_code == 202
    cluster.stop()
    assert problem(submit(instance, key, "A text without a database, about terns.")) == (
        503,
        "database_unavailable",
    )
    assert not ready(instance)["database"]
    assert httpx.get(f"{instance.url}/healthz", timeout=30).status_code == 200
    time.sleep(3)
    cluster.start()
    until(lambda: all(ready(instance).values()), 90, instance)
    second = submit(instance, key, "A text whose database came back, about auks.")
    assert second.status_code == 202, second.text
    ids = [first.json()["id"], second.json()["id"]]
    until(lambda: [state(instance, key, one) for one in ids] == ["anchored"] * 2, 120, instance)
    assert instance.stop() == 0
    audit = instance.verb("fsck")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_a_clock_a_day_ahead_lends_no_validity_and_stops_nothing_once_it_is_right(
    made: Any, tmp_path: Path
) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime(1) is not here to set a process's clock with")
    instance = made(tmp_path / "data")
    first, early, out = tmp_path / "first.txt", tmp_path / "early.txt", tmp_path / "out"
    first.write_text("A text of the right time, about lamps.")
    assert instance.verb("attest", str(first), "--source-type", "human").returncode == 0
    early.write_text("A text from tomorrow, about lanterns.")
    # The verb is a worker too: it runs the recurring jobs and leaves them due tomorrow.
    instance.under = ("faketime", "-f", "+1d")
    done = instance.verb("attest", str(early), "--source-type", "human", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    instance.under = ()

    instance.start()
    key = instance.key("attest")
    late = submit(instance, key, "A text from today, about candles.").json()["id"]
    until(lambda: state(instance, key, late) == "anchored", 90, instance)
    assert instance.stop() == 0
    assert "clock_went_back" in instance.log.read_text(errors="replace")
    (proof,) = out.glob("*.assay.json")
    report = json.loads(instance.verb("verify", str(early), "--proof", str(proof), "--json").stdout)
    assert "issued_in_future" in json.dumps(report)
    assert instance.verb("fsck").returncode == 0


def test_a_clock_a_day_behind_signs_nothing_and_says_why(made: Any, tmp_path: Path) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime(1) is not here to set a process's clock with")
    instance = made(tmp_path / "data")
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("A text of the right time, about sundials.")
    second.write_text("A text of yesterday, about hourglasses.")
    assert instance.verb("attest", str(first), "--source-type", "human").returncode == 0
    instance.under = ("faketime", "-f", "-1d")
    done = instance.verb("attest", str(second), "--source-type", "human")
    assert done.returncode != 0
    assert "signer_profile_not_yet_valid" in done.stdout + done.stderr
    assert not list(tmp_path.glob("second*.assay.json"))
    checked = instance.verb("verify", str(first), "--json")
    assert "issued_in_future" in checked.stdout, "what lies in this clock's future is said to"
    instance.under = ()
    assert instance.verb("fsck").returncode == 0
