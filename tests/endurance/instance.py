"""A whole Assay: `up` in a process of its own, on a free port and an empty folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
# What a child's command line holds.
CHILDREN = {"web": "service.supervisor.web", "worker": "worker", "chain": "anvil"}


class Instance:
    """One `up`: started, asked, killed and started again on the same folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / "up.log"
        self.under: tuple[str, ...] = ()
        """A command that everything is started by, as `faketime` is one."""
        self._process: subprocess.Popen[bytes] | None = None
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("DJANGO_", "ASSAY_", "DATABASE_", "BROKER_"))
        }
        self.environment = kept | {"ASSAY_DATA_DIR": str(data)}

    def start(self, seconds: float = 90) -> None:
        """Start and wait until it says that it is ready."""
        command = [*self.under, sys.executable, "manage.py", "up", "--port", str(self.port), "--no-browser"]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        raise AssertionError(f"not ready:\n{self.log.read_text(errors='replace')[-5000:]}")

    def children(self) -> list[psutil.Process]:
        """The living processes under the supervisor."""
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def kill_child(self, name: str) -> bool:
        """kill -9 the web server, the worker or the chain; False where none runs at the moment."""
        assert self._process is not None
        with suppress(psutil.Error):
            for child in psutil.Process(self._process.pid).children():
                if any(CHILDREN[name] in word for word in child.cmdline()):
                    child.kill()
                    return True
        return False

    def kill(self) -> None:
        """kill -9 the supervisor; its children must die with it."""
        assert self._process is not None
        children = self.children()
        self._process.kill()
        self._process.wait(timeout=30)
        _, alive = psutil.wait_procs(children, timeout=20)
        assert alive == []

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def verb(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run another verb on the same folder."""
        return subprocess.run(
            [*self.under, sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def key(self, *scopes: str) -> str:
        """A new API key of the first account."""
        flags = [part for scope in scopes for part in ("--scope", scope)]
        done = self.verb("apikey", "create", "story", *flags)
        assert done.returncode == 0, done.stderr
        return next(word for word in done.stdout.split() if word.startswith("assay_"))
