"""A whole Assay, as `up` runs it, in a throw-away folder on a port of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from service.cli.scratch import MANAGE
from service.supervisor import ports

START_SECONDS = 120.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Running:
    """One run of `up`: its address, and the seconds from its start until each page first answered 200."""

    url: str
    environment: Mapping[str, str]
    seconds_to_health: float
    seconds_to_ready: float

    def key(self) -> str:
        """An API key for everything."""
        done = subprocess.run(
            [sys.executable, str(MANAGE), "apikey", "create", "benchmark"],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


@contextmanager
def data_folder() -> Iterator[Path]:
    """A data folder that outlives one run and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        yield Path(name)


@contextmanager
def running(data: Path) -> Iterator[Running]:
    """Start `up` on this data folder, wait until it is ready, and stop it at the end."""
    port = ports.ephemeral()
    url = f"http://127.0.0.1:{port}"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DJANGO_SETTINGS_MODULE", "CHAIN_RPC_URL")
    }
    environment |= {"ASSAY_DATA_DIR": str(data), "RATE_PER_MINUTE": "1000000"}
    begun = time.perf_counter()
    command = [sys.executable, str(MANAGE), "up", "--port", str(port), "--no-browser"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        health = _answered(f"{url}/healthz", process, begun)
        ready = _answered(f"{url}/readyz", process, begun)
        yield Running(url, environment, health, ready)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answered(url: str, process: "subprocess.Popen[bytes]", begun: float) -> float:
    while time.perf_counter() - begun < START_SECONDS:
        if process.poll() is not None:
            raise RuntimeError(f"`up` ended with {process.returncode} before it answered.")
        try:
            if httpx.get(url, timeout=5.0).status_code == 200:
                return time.perf_counter() - begun
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS:.0f} s.")
