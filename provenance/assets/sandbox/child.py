"""One child process and its socket: started with an environment of its own, asked under a deadline, ended."""

import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import provenance
from provenance.assets.sandbox.wire import receive, send

START_SECONDS = 30.0
_ROOT = str(Path(provenance.__file__).resolve().parent.parent)
_BOOT = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]);"
    "importlib.import_module(sys.argv[2]).main(int(sys.argv[3]))"
)
# Nothing of our own environment, which holds secrets.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


class ChildDied(Exception):
    """The child ended, or answered nonsense, instead of answering; `status` is its exit status, minus the
    signal's number where a signal ended it. `out_of_time` says that it had used up its processor time."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the child ended with {status}")
        self.status = status
        self.out_of_time = status == -signal.SIGXCPU


class Child:
    """A running child. Not safe to share between threads: its owner holds a lock, or lends it out.

    `module` has a `main(descriptor)`, which serves frames (wire.py) on the socket open at that descriptor
    until its other end is closed; the first each way are `opening` and `hello`. Raises ChildDied or
    TimeoutError where it does not start within 30 seconds, OSError where the system refuses a process.
    """

    def __init__(
        self, module: str, opening: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-c", _BOOT, _ROOT, module, str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**_ENVIRONMENT, **(environment or {})},
                    start_new_session=True,
                    cwd="/",
                )
            except BaseException:
                ours.close()
                raise
        self._channel = ours
        self._owner = os.getpid()
        # Also at the end of this process; the child would see its socket closed then in any case.
        self._closer = weakref.finalize(self, _end, self._process, ours)
        self.answered = -1
        """Questions answered since it started."""
        self.hello, _ = self.ask(opening, seconds=START_SECONDS)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_ours(self) -> bool:
        """Whether this very process started it: after a fork the child belongs to the parent alone."""
        return self._owner == os.getpid()

    @property
    def alive(self) -> bool:
        """Whether it is ours and has not ended."""
        return self.is_ours and self._process.poll() is None

    def ask(
        self, message: Mapping[str, Any], files: Sequence[int] = (), attached: bytes = b"", *, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """One question with open descriptors and an attachment; the answer and its attachment.

        Raises TimeoutError after `seconds`, ChildDied. After either, or anything else raised here, the child
        is gone: an interrupted exchange would leave its answer behind for the next caller.
        """
        try:
            send(self._channel, dict(message), list(files), attached)
            answer, _, reply = receive(self._channel, time.monotonic() + seconds)
        except TimeoutError:
            self.end()
            raise
        except (EOFError, OSError, ValueError) as error:
            raise ChildDied(self.end()) from error
        except BaseException:
            self.end()
            raise
        self.answered += 1
        return answer, reply

    def kill(self) -> None:
        """Kill it while another thread waits for its answer: that thread's `ask` ends it."""
        if self.is_ours:
            self._process.kill()

    def end(self) -> int | None:
        """Close, kill if needed, reap; the exit status. After a fork, only let go of it (None)."""
        self._closer.detach()
        if not self.is_ours:
            self._channel.close()
            return None
        return _end(self._process, self._channel)


def _end(process: "subprocess.Popen[bytes]", channel: socket.socket) -> int | None:
    """A child whose socket closed goes by itself, and a crashed one is gone; any other is killed."""
    channel.close()
    try:
        return process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
