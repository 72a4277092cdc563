"""The worker process dies, hangs or is forked away, and the inspector goes on."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import InspectionFailed
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.inspection.sandbox import ReaderLimits
from provenance.manifests.manifest import Manifest
from provenance.trust.lists import TrustStore


def worker_of(inspector: Inspector) -> int:
    pid = inspector._sandbox.worker_pid
    assert pid is not None
    return pid


def test_no_worker_starts_for_a_file_without_credentials(trust: TrustStore, jpeg: Path) -> None:
    with Inspector(trust) as inspector:
        assert inspector.inspect(from_path(jpeg, Limits())).credential is Credential.NONE
        assert inspector._sandbox.worker_pid is None


def test_a_killed_worker_is_replaced(trust: TrustStore, signed: Manifest) -> None:
    asset = from_path(signed.signed_path, Limits())
    with Inspector(trust) as inspector:
        assert inspector.inspect(asset).credential is Credential.TRUSTED
        first = worker_of(inspector)
        os.kill(first, signal.SIGKILL)
        while psutil.Process(first).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert inspector.inspect(asset).credential is Credential.TRUSTED
        assert worker_of(inspector) != first


def test_a_worker_that_dies_on_a_file_fails_that_file_alone(trust: TrustStore, signed: Manifest) -> None:
    asset = from_path(signed.signed_path, Limits())
    with Inspector(trust) as inspector:
        inspector.inspect(asset)
        first = worker_of(inspector)
        os.kill(first, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (first, signal.SIGKILL)).start()
        with pytest.raises(InspectionFailed) as caught:
            inspector.inspect(asset)
        assert (caught.value.code, caught.value.permanent) == ("inspection_crashed", True)
        assert inspector.inspect(asset).credential is Credential.TRUSTED


def test_a_hanging_worker_is_ended_at_the_deadline(trust: TrustStore, signed: Manifest) -> None:
    asset = from_path(signed.signed_path, Limits())
    with Inspector(trust, ReaderLimits(wall_seconds=0.5)) as inspector:
        inspector.inspect(asset)
        first = worker_of(inspector)
        os.kill(first, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(InspectionFailed) as caught:
            inspector.inspect(asset)
        assert caught.value.code == "inspection_timeout"
        assert time.monotonic() - started < 3
        assert not psutil.pid_exists(first)
        assert inspector.inspect(asset).credential is Credential.TRUSTED


def test_a_worker_that_cannot_have_its_memory_is_a_crash_not_a_hang(
    trust: TrustStore, signed: Manifest
) -> None:
    with Inspector(trust, ReaderLimits(memory_bytes=48 * 1024**2)) as inspector:
        with pytest.raises(InspectionFailed) as caught:
            inspector.inspect(from_path(signed.signed_path, Limits()))
        assert caught.value.code == "inspection_crashed"


def test_a_worker_is_renewed_after_its_share_of_files(trust: TrustStore, signed: Manifest) -> None:
    asset = from_path(signed.signed_path, Limits())
    with Inspector(trust, ReaderLimits(files_per_worker=2)) as inspector:
        inspector.inspect(asset)
        first = worker_of(inspector)
        inspector.inspect(asset)
        inspector.inspect(asset)
        assert worker_of(inspector) != first


def test_the_worker_has_no_environment_no_network_and_no_terminal(
    trust: TrustStore, signed: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    with Inspector(trust) as inspector:
        inspector.inspect(from_path(signed.signed_path, Limits()))
        process = psutil.Process(worker_of(inspector))
        assert set(process.environ()) <= {"PATH", "LANG", "LC_CTYPE"} | {
            name for name in process.environ() if name.startswith("MALLOC_")
        }
        assert process.net_connections(kind="inet") == []
        assert process.cwd() == "/"


def test_threads_share_one_worker(trust: TrustStore, signed: Manifest) -> None:
    asset = from_path(signed.signed_path, Limits())
    with Inspector(trust) as inspector, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: inspector.inspect(asset), range(40)))
    assert {one.credential for one in found} == {Credential.TRUSTED}


def test_an_inspector_goes_on_in_a_forked_child(trust: TrustStore, signed: Manifest) -> None:
    asset = from_path(signed.signed_path, Limits())
    with Inspector(trust) as inspector:
        inspector.inspect(asset)
        mine = worker_of(inspector)
        child = os.fork()
        if child == 0:
            trusted = inspector.inspect(asset).credential is Credential.TRUSTED
            own = worker_of(inspector) != mine
            inspector.close()
            os._exit(0 if trusted and own else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert inspector.inspect(asset).credential is Credential.TRUSTED
        assert worker_of(inspector) == mine


def test_closing_ends_the_worker(trust: TrustStore, signed: Manifest) -> None:
    inspector = Inspector(trust)
    inspector.inspect(from_path(signed.signed_path, Limits()))
    pid = worker_of(inspector)
    inspector.close()
    assert not psutil.pid_exists(pid)


def test_dropping_the_inspector_ends_the_worker(trust: TrustStore, signed: Manifest) -> None:
    inspector = Inspector(trust)
    inspector.inspect(from_path(signed.signed_path, Limits()))
    pid = worker_of(inspector)
    del inspector
    assert not psutil.pid_exists(pid)
