"""One child process: its own process group, started through the shim; its output kept."""

import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SHIM = Path(__file__).with_name("shim.py")
LOG_BYTES = 5 * 1024 * 1024
LOG_FILES = 5


def _nothing() -> None:
    """Do nothing."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run and how to tell that it works.

    command:       gives the argument list anew for each start; never holds a secret: all users can read it.
    environment:   variables added to the supervisor's own.
    healthy:       True when the child answers; asked every `interval` seconds in a thread, may raise OSError.
    start_seconds: how long it may take until first healthy.
    patience:      how many failed checks in a row after that have it started again.
    stop_seconds:  how long it may take to finish its work after SIGTERM before it is killed.
    before_stop:   called while it still answers, just before SIGTERM; must not raise.
    once_healthy:  called in the health thread each time a new start first answers; OSError tries again.
    """

    name: str
    command: Callable[[], Sequence[str]]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    healthy: Callable[[], bool] = _always
    interval: float = 5.0
    start_seconds: float = 60.0
    patience: int = 3
    stop_seconds: float = 10.0
    before_stop: Callable[[], None] = _nothing
    once_healthy: Callable[[], None] = _nothing


class Child:
    """One run of a spec, from start to reaping.

    Start it only from the main thread: the parent-death signal goes out when the *thread* that forked ends.
    """

    def __init__(self, spec: ChildSpec, log_dir: Path, echo: Callable[[str], None]) -> None:
        self.spec = spec
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SHIM), str(os.getpid()), *spec.command()],
            cwd=spec.cwd,
            env={**os.environ, **spec.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._pump = threading.Thread(target=self._keep_output, args=(log_dir, echo), daemon=True)
        self._pump.start()

    @property
    def pid(self) -> int:
        """The process id, which is the process group's too."""
        return self.process.pid

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    def poll(self) -> int | None:
        """The exit status once it has ended (negative: the signal), else None. Ends what it left behind."""
        if self.process.returncode is not None:
            return self.process.returncode
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        # Not reaped yet, so the group id is still ours: end what the leader left behind, then reap.
        self.kill()
        return self.process.wait()

    def terminate(self) -> None:
        """Ask it to finish what it is doing and go."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the whole process group at once."""
        if self.process.returncode is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def wait(self, seconds: float) -> int | None:
        """Wait for the end, `seconds` at most; the exit status or None."""
        deadline = time.monotonic() + seconds
        while (status := self.poll()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if status is not None:
            self._pump.join(1.0)
        return status

    def _keep_output(self, log_dir: Path, echo: Callable[[str], None]) -> None:
        handler = logging.handlers.RotatingFileHandler(
            log_dir / f"{self.spec.name}.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
        formatter = logging.Formatter("%(asctime)sZ %(message)s")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        stream = self.process.stdout
        if stream is None:  # pragma: no cover - stdout is always a pipe here
            return
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            handler.emit(logging.LogRecord(self.spec.name, logging.INFO, "", 0, line, None, None))
            echo(f"{self.spec.name:>6} | {line}")
        handler.close()
        stream.close()
