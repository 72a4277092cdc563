"""Media are decoded in processes that may die, hang or want too much; the caller learns which and goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from PIL import Image

from detector.errors import DecoderUnavailable, MediaUnreadable
from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.picture import picture
from detector.media.image import ImageLimits, canonical_rgb
from detector.media.workers import WorkerLimits, Workers
from provenance.assets.asset import Medium

LIMITS = ImageLimits()


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Two workers, shared by the tests that leave them as they are or have them replaced."""
    made = Workers(2)
    made.warm()
    yield made
    made.close()


def stopped(workers: Workers) -> list[int]:
    pids = list(workers.pids)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


def later(seconds: float, pids: list[int], *signals: signal.Signals) -> None:
    def send() -> None:
        for pid in pids:
            for each in signals:
                os.kill(pid, each)

    threading.Timer(seconds, send).start()


def ended(pids: list[int]) -> None:
    """Return when these have died: what was killed may take a moment, with much memory to give back."""
    deadline = time.monotonic() + 10
    while any(
        psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids
    ):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_gives_the_same_fingerprints_as_this_process(workers: Workers, photo: Path) -> None:
    crossed, here = workers.call(picture, photo, LIMITS), picture(photo, LIMITS)
    assert crossed == here
    assert (crossed.small == here.small).all()


def test_pixels_cross_whole(workers: Workers, photo: Path) -> None:
    assert (workers.call(canonical_rgb, photo) == canonical_rgb(photo)).all()


def test_fingerprints_are_computed_in_a_worker_where_there_are_any(workers: Workers, photo: Path) -> None:
    with_workers = fingerprints(photo, Medium.IMAGE, "0" * 64, Embedders(workers=workers))
    assert with_workers == fingerprints(photo, Medium.IMAGE, "0" * 64, Embedders())


def test_what_a_function_refuses_is_refused_with_its_own_code(
    workers: Workers, photo: Path, tmp_path: Path
) -> None:
    with pytest.raises(MediaUnreadable) as caught:
        workers.call(picture, photo, ImageLimits(max_pixels=10))
    assert (caught.value.code, caught.value.permanent) == ("too_many_pixels", True)
    with pytest.raises(MediaUnreadable) as caught:
        workers.call(picture, tmp_path / "nothing", LIMITS)
    assert caught.value.code == "media_unreadable"


def test_threads_share_the_workers_and_each_gets_its_own_answer(workers: Workers, tmp_path: Path) -> None:
    paths = [tmp_path / f"{side}.png" for side in range(1, 25)]
    for side, path in enumerate(paths, 1):
        Image.new("RGB", (side, 7)).save(path)
    with ThreadPoolExecutor(8) as threads:
        shapes = list(threads.map(lambda path: workers.call(canonical_rgb, path).shape, paths))
    assert shapes == [(7, side, 3) for side in range(1, 25)]
    assert len(workers.pids) <= 2


def test_a_worker_that_dies_fails_its_file_alone(workers: Workers, photo: Path) -> None:
    workers.call(picture, photo, LIMITS)
    pids = stopped(workers)
    later(0.2, pids, signal.SIGKILL)
    with pytest.raises(MediaUnreadable) as caught:
        workers.call(picture, photo, LIMITS)
    assert (caught.value.code, caught.value.permanent) == ("decoder_crashed", True)
    ended(pids)
    assert workers.call(picture, photo, LIMITS).iscc


def test_a_worker_out_of_processor_time_was_too_slow(workers: Workers, photo: Path) -> None:
    workers.call(picture, photo, LIMITS)
    later(0.2, stopped(workers), signal.SIGXCPU, signal.SIGCONT)
    with pytest.raises(MediaUnreadable) as caught:
        workers.call(picture, photo, LIMITS)
    assert caught.value.code == "decode_timeout"


def test_a_worker_that_hangs_is_ended_at_the_deadline(workers: Workers, photo: Path) -> None:
    workers.call(picture, photo, LIMITS)
    pids = stopped(workers)
    begun = time.monotonic()
    with pytest.raises(MediaUnreadable) as caught:
        workers.call(picture, photo, LIMITS, cpu_seconds=1)
    assert caught.value.code == "decode_timeout"
    assert time.monotonic() - begun < 10
    assert not all(psutil.pid_exists(pid) for pid in pids)
    later(0, [pid for pid in pids if psutil.pid_exists(pid)], signal.SIGCONT)
    assert workers.call(picture, photo, LIMITS).iscc


def test_a_file_that_wants_too_much_memory_is_refused_and_the_worker_lives(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("RGB", (10_000, 9_000)).save(path)
    workers = Workers(1, WorkerLimits(memory_bytes=500 * 1024**2))
    try:
        for _ in range(2):
            with pytest.raises(MediaUnreadable) as caught:
                workers.call(picture, path, LIMITS)
            assert (caught.value.code, caught.value.permanent) == ("too_much_memory", True)
        Image.new("L", (10, 9)).save(path)
        assert workers.call(picture, path, LIMITS).iscc
    finally:
        workers.close()


def test_a_worker_is_renewed_after_its_share_of_files(photo: Path) -> None:
    workers = Workers(1, WorkerLimits(files_per_worker=2))
    try:
        workers.call(picture, photo, LIMITS)
        (first,) = workers.pids
        workers.call(picture, photo, LIMITS)
        assert not psutil.pid_exists(first)
        assert workers.call(picture, photo, LIMITS).iscc
    finally:
        workers.close()


def test_where_no_process_can_be_started_a_later_try_may_help(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(DecoderUnavailable) as caught:
        Workers(1).call(picture, photo, LIMITS)
    assert not caught.value.permanent


def test_a_worker_sees_neither_our_environment_nor_the_network(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    workers = Workers(1)
    try:
        workers.call(picture, photo, LIMITS)
        process = psutil.Process(next(iter(workers.pids)))
        assert not {"DATABASE_URL", "HOME", "PYTHONPATH"} & set(process.environ())
        assert process.net_connections(kind="inet") == []
        assert process.cwd() == "/"
    finally:
        workers.close()


def test_only_functions_of_the_detector_are_called(workers: Workers, photo: Path) -> None:
    with pytest.raises(MediaUnreadable) as caught:
        workers.call(os.listdir, photo)
    assert caught.value.code == "decoder_crashed"


def test_workers_go_on_in_a_forked_child(workers: Workers, photo: Path) -> None:
    workers.call(picture, photo, LIMITS)
    mine = set(workers.pids)
    child = os.fork()
    if child == 0:
        same = workers.call(picture, photo, LIMITS).iscc == picture(photo, LIMITS).iscc
        own = not mine & set(workers.pids)
        workers.close()
        os._exit(0 if same and own else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert workers.call(picture, photo, LIMITS).iscc
    assert mine & set(workers.pids)


def test_workers_die_with_a_process_that_is_killed(photo: Path) -> None:
    program = (
        "import sys; from detector.media.workers import Workers; w = Workers(2); w.warm();"
        "print(*w.pids, flush=True); sys.stdin.read()"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs([psutil.Process(p) for p in pids if psutil.pid_exists(p)], timeout=10)
    assert not alive


def test_closing_and_dropping_end_the_workers(photo: Path) -> None:
    for end in (lambda held: held[0].close(), lambda held: held.clear()):
        held = [Workers(1)]
        held[0].call(picture, photo, LIMITS)
        (pid,) = held[0].pids
        end(held)
        assert not psutil.pid_exists(pid)
