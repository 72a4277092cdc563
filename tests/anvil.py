"""A real anvil of any chain id, for tests above the attest engine."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from attest.registry import embedded
from attest.registry.rpc import RpcEndpoint

PUBLIC = 424242
"""A chain id that is not known for a local chain: ours to pay for, to wait for, and to trust."""


class Anvil:
    """One anvil process; what it does not do by itself is asked of it by `call`."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin with an empty chain."""
        command = embedded.command(self.port, Path("/nonexistent"))
        command[command.index(str(embedded.CHAIN_ID))] = str(self.chain_id)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, **quiet)
        embedded.wait_ready(self.url)

    def kill(self) -> None:
        """Lose everything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def call(self, method: str, *params: Any) -> Any:
        """Ask the node."""
        endpoint = RpcEndpoint(self.url)
        try:
            return endpoint.call(method, *params)
        finally:
            endpoint.close()


@contextmanager
def anvil(chain_id: int = embedded.CHAIN_ID) -> Iterator[Anvil]:
    """One that runs; the test is skipped where there is no anvil."""
    try:
        embedded.binary()
    except embedded.AnvilMissing as missing:
        pytest.skip(str(missing))
    made = Anvil(chain_id)
    made.start()
    try:
        yield made
    finally:
        made.kill()
