"""Asks one child again and again whether it works, without holding up the supervisor."""

import threading
import time

from service.supervisor.child import ChildSpec

EAGER_SECONDS = 0.1


class HealthWatch:
    """The health of one run of a child: `ready` once it has answered, `failures` in a row since."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.ready = threading.Event()
        self.failures = 0
        self._stopped = threading.Event()
        self._started_at = time.monotonic()
        threading.Thread(target=self._watch, name=f"health-{spec.name}", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    @property
    def complaint(self) -> str:
        """Why the child should be started again, or an empty string."""
        if not self.ready.is_set():
            late = time.monotonic() - self._started_at > self.spec.start_seconds
            return f"did not answer within {self.spec.start_seconds:.0f} s of its start" if late else ""
        if self.failures >= self.spec.patience:
            return f"failed {self.failures} health checks in a row"
        return ""

    def _watch(self) -> None:
        while not self._stopped.wait(self.spec.interval if self.ready.is_set() else EAGER_SECONDS):
            try:
                answered = self.spec.healthy()
                if answered and not self.ready.is_set() and not self._stopped.is_set():
                    self.spec.once_healthy()
            except OSError:
                answered = False
            self.failures = 0 if answered else self.failures + 1
            if answered:
                self.ready.set()
