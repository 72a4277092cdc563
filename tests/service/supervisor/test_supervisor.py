"""The supervisor over real processes: restart, drain, and death together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.timeout(90)

# A supervisor over small children, run as a process of its own; prints its lines and those of its children.
PROGRAM = """
import sys, json, pathlib
from service.supervisor.supervisor import Supervisor
from service.supervisor.child import ChildSpec

folder = pathlib.Path(sys.argv[1])
def spec(name, code, **more):
    return ChildSpec(name, lambda: (sys.executable, "-c", code, str(folder)), folder, **more)
def out(line): print(line, flush=True)
steady = "import time; print('begun', flush=True); time.sleep(600)"
{specs}
supervisor = Supervisor(specs, folder, out, out)
sys.exit(supervisor.run(lambda: out("ready " + json.dumps(supervisor.pids()))))
"""


class Running:
    """A supervisor process and what it has printed."""

    def __init__(self, tmp_path: Path, specs: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("{specs}", specs), str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []

    def until(self, text: str) -> str:
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if text in line:
                return line.rstrip()
        raise AssertionError(f"{text!r} never came: {self.lines}")

    def descendants(self) -> list[psutil.Process]:
        """Children and theirs; the guardian comes first, being the oldest."""
        return sorted(
            psutil.Process(self.process.pid).children(recursive=True), key=lambda child: child.create_time()
        )

    def end(self) -> int:
        self.lines += self.process.stdout.read().splitlines()
        return self.process.wait(30)


@pytest.fixture
def supervise(tmp_path):
    started: list[Running] = []

    def start(specs: str) -> Running:
        started.append(Running(tmp_path, specs))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.stdout.close()
        running.process.wait()


def gone(processes: list[psutil.Process], seconds: float = 5) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


TWO = "specs = [spec('web', steady), spec('chain', steady)]"


def test_sigkill_on_the_supervisor_takes_its_children_along(supervise):
    running = supervise(TWO)
    running.until("ready")
    children = running.descendants()
    assert len(children) == 3  # and the guardian
    running.process.kill()
    running.process.wait()
    assert gone(children)


def test_a_killed_child_is_started_again(supervise):
    running = supervise(TWO)
    running.until("ready")
    before = running.descendants()[1:]
    before[0].kill()
    running.until("was killed by SIGKILL")
    running.until("begun")
    after = {process.pid for process in running.descendants()[1:]}
    assert len(after) == 2
    assert before[0].pid not in after
    assert before[1].pid in after


FORKS = "import os, time; os.fork(); os.write(1, b'begun\\n'); time.sleep(600)"


def test_sigkill_on_the_supervisor_takes_grandchildren_along(supervise):
    running = supervise(f"specs = [spec('web', {FORKS!r})]")
    running.until("begun")
    running.until("begun")
    family = running.descendants()
    running.process.kill()
    running.process.wait()
    assert len(family) == 3  # the child, its own child, and the guardian
    assert gone(family)


def test_what_a_killed_child_leaves_behind_is_ended_before_the_restart(supervise):
    running = supervise(f"specs = [spec('web', {FORKS!r})]")
    running.until("begun")
    running.until("begun")
    leader = psutil.Process(running.process.pid).children()[-1]
    (orphan,) = leader.children()
    leader.kill()
    running.until("was killed")
    assert gone([orphan], 1)


def test_children_drain_in_order_and_exit_cleanly(supervise):
    code = (
        "import signal, sys, time\n"
        "def say(text): print(text, flush=True)\n"
        "def finish(*_): say('finishing'); time.sleep(0.3); say('finished'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, finish); print('begun', flush=True)\n"
        "time.sleep(600)"
    )
    running = supervise(f"code = {code!r}\nspecs = [spec('web', code), spec('worker', code)]")
    running.until("begun")
    running.until("begun")
    running.process.terminate()
    assert running.end() == 0
    story = [line for line in running.lines if "stopping" in line or "finish" in line]
    assert story == [
        "stopping web",
        "   web | finishing",
        "   web | finished",
        "stopping worker",
        "worker | finishing",
        "worker | finished",
    ]


STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN); print('begun', flush=True); time.sleep(600)
"""


def test_a_child_that_does_not_stop_in_time_is_killed(supervise):
    running = supervise(f"specs = [spec('web', {STUBBORN!r}, stop_seconds=0.5)]")
    running.until("begun")
    children = running.descendants()
    running.process.terminate()
    assert running.end() == 1
    assert "web did not stop within 0 s: killing it" in running.lines
    assert gone(children)


def test_a_second_signal_kills_at_once(supervise):
    running = supervise(f"specs = [spec('web', {STUBBORN!r}, stop_seconds=60), spec('worker', {STUBBORN!r})]")
    running.until("begun")
    running.until("begun")
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    running.until("stopping web")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 1
    assert time.monotonic() - began < 10


def test_a_child_that_stops_answering_is_killed_and_started_again(supervise):
    specs = (
        "answering = folder / 'answering'\n"
        "answering.touch()\n"
        "specs = [spec('web', steady, healthy=answering.exists, interval=0.1, patience=2)]"
    )
    running = supervise(specs)
    running.until("ready")
    folder = Path(running.process.args[3])
    (folder / "answering").unlink()
    running.until("health checks in a row: killing it")
    (folder / "answering").touch()
    running.until("begun")
    assert running.process.poll() is None


def test_a_child_that_never_answers_is_started_again(supervise):
    running = supervise("specs = [spec('web', steady, healthy=lambda: False, start_seconds=0.5)]")
    running.until("web did not answer within 0 s of its start: killing it")
    running.until("starting it again in 0.5 s")


def test_a_child_that_cannot_be_started_says_so_and_is_tried_again(supervise):
    running = supervise("specs = [ChildSpec('web', lambda: ('/no/such/tool',), folder)]")
    running.until("/no/such/tool could not be started: No such file or directory")
    running.until("starting it again in 0.5 s")
    running.until("starting it again in 1.0 s")


def test_what_a_child_prints_is_kept_in_its_log(supervise, tmp_path):
    running = supervise(
        "specs = [spec('web', \"print('50 % done', flush=True); import time; time.sleep(600)\")]"
    )
    running.until("50 % done")
    running.process.terminate()
    running.end()
    assert (tmp_path / "web.log").read_text().endswith("Z 50 % done\n")


def test_a_child_cannot_outlive_a_supervisor_that_died_before_it_was_ready(tmp_path):
    shim = ROOT / "service" / "supervisor" / "shim.py"
    # Its parent is this test, not the process it was told: as if the supervisor had died in between.
    done = subprocess.run(
        [sys.executable, str(shim), str(os.getpid() + 100_000_000), "touch", str(tmp_path / "made")],
        check=False,
    )
    assert done.returncode == 1
    assert not (tmp_path / "made").exists()
