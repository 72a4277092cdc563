"""A witness of a test's own: `./assay witness` in a process, on a free port and an empty folder."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from attest.log.cosignature import WitnessKey
from attest.witness_client import WitnessAddress

ROOT = Path(__file__).resolve().parent.parent.parent


class WitnessProcess:
    """Started, killed and started again on the same folder and port."""

    def __init__(self, data: Path, *logs: str) -> None:
        self.data, self.port = data, 0
        self._logs = [part for log in logs for part in ("--log", log)]
        self._process: subprocess.Popen[str] | None = None
        self.key = ""

    def start(self) -> "WitnessProcess":
        """Start and wait until it answers."""
        kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        command = [sys.executable, "manage.py", "witness", "--port", str(self.port), *self._logs]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=kept | {"ASSAY_DATA_DIR": str(self.data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.key = self._process.stdout.readline().strip()
        said = self._process.stderr.readline()
        if "127.0.0.1" not in said:
            said += self._process.stderr.read()
            self._end()
            raise AssertionError(said)
        self.port = int(said.rsplit(":", 1)[1].strip().rstrip("/"))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                assert httpx.get(self.url, trust_env=False).text.startswith(self.key)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError("the witness does not answer")

    @property
    def url(self) -> str:
        """Its submission prefix."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> WitnessAddress:
        """What a log is configured with."""
        return WitnessAddress(WitnessKey.parse(self.key), self.url)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._end()

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._end()

    def _end(self) -> int:
        assert self._process is not None
        code = self._process.wait(timeout=20)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return code
