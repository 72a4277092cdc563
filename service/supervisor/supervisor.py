"""The supervisor: starts the children, starts fallen ones again, and drains them when told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from service.supervisor.backoff import Backoff
from service.supervisor.child import Child, ChildSpec
from service.supervisor.guardian import Guardian
from service.supervisor.health import HealthWatch

TICK_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(slots=True)
class _Post:
    """One child's place: what runs in it now, or when it is started next."""

    spec: ChildSpec
    backoff: Backoff = field(default_factory=Backoff)
    child: Child | None = None
    watch: HealthWatch | None = None
    start_at: float = 0.0


class Supervisor:
    """Runs `specs` until it is told to stop; they are stopped in the given order.

    `say` prints a line of the supervisor's own, `echo` a line of a child's.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        log_dir: Path,
        say: Callable[[str], None],
        echo: Callable[[str], None],
    ) -> None:
        self._posts = [_Post(spec) for spec in specs]
        self._log_dir = log_dir
        self._say = say
        self._echo = echo
        self._guardian: Guardian | None = None
        self._wake = threading.Event()
        self._stops = 0

    @property
    def ready(self) -> bool:
        """Whether every child has answered its health check since its latest start."""
        return all(post.watch is not None and post.watch.ready.is_set() for post in self._posts)

    def pids(self) -> dict[str, int]:
        """The process ids of the children that run now, by name."""
        return {post.spec.name: post.child.pid for post in self._posts if post.child is not None}

    def stop(self) -> None:
        """Ask for the drain; a second call kills."""
        self._stops += 1
        self._wake.set()

    def run(self, when_ready: Callable[[], None]) -> int:
        """Start everything, call `when_ready` once all answer, and go on until stopped. Main thread only.

        Returns 0 after a complete drain, 1 when a child had to be killed.
        """
        previous = {sign: signal.signal(sign, self._on_signal) for sign in STOP_SIGNALS}
        announced = False
        self._guardian = Guardian()
        try:
            while not self._stops:
                for post in self._posts:
                    self._tend(post)
                if not announced and self.ready:
                    announced = True
                    when_ready()
                self._wake.wait(TICK_SECONDS)
            return self._drain()
        finally:
            self._kill_all()
            self._guardian.close()
            for sign, handler in previous.items():
                signal.signal(sign, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def _tend(self, post: _Post) -> None:
        if post.child is None:
            if time.monotonic() >= post.start_at:
                self._start(post)
            return
        status = post.child.poll()
        if status is None and post.watch is not None and (complaint := post.watch.complaint):
            self._say(f"{post.spec.name} {complaint}: killing it")
            post.child.kill()
            status = post.child.wait(5.0)
        if status is not None:
            self._fallen(post, status)

    def _start(self, post: _Post) -> None:
        post.child = Child(post.spec, self._log_dir, self._echo)
        if self._guardian is not None:
            self._guardian.started(post.child.pid)
        post.watch = HealthWatch(post.spec)

    def _fallen(self, post: _Post, status: int) -> None:
        ran = post.child.age if post.child is not None else 0.0
        if self._guardian is not None and post.child is not None:
            self._guardian.ended(post.child.pid)
        if post.watch is not None:
            post.watch.stop()
        post.child, post.watch = None, None
        delay = post.backoff.next_delay(ran)
        post.start_at = time.monotonic() + delay
        ended = (
            f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        )
        self._say(f"{post.spec.name} {ended} after {ran:.1f} s; starting it again in {delay:.1f} s")

    def _drain(self) -> int:
        self._wake.clear()
        clean = True
        for post in self._posts:
            if post.watch is not None:
                post.watch.stop()
            if post.child is None or self._stops > 1:
                continue
            self._say(f"stopping {post.spec.name}")
            post.spec.before_stop()
            post.child.terminate()
            if not self._wait(post.child, post.spec.stop_seconds):
                clean = False
                post.child.kill()
        return 0 if clean and self._stops == 1 else 1

    def _wait(self, child: Child, seconds: float) -> bool:
        """Wait for the child's end; False where time ran out or a second signal came."""
        deadline = time.monotonic() + seconds
        while child.wait(TICK_SECONDS) is None:
            if self._stops > 1:
                return False
            if time.monotonic() > deadline:
                self._say(f"{child.spec.name} did not stop within {seconds:.0f} s: killing it")
                return False
        return True

    def _kill_all(self) -> None:
        for post in self._posts:
            if post.watch is not None:
                post.watch.stop()
            if post.child is not None:
                post.child.kill()
                post.child.wait(5.0)
