"""A throw-away installation: its own data folder and its own embedded chain, gone when the block ends."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attest.registry import embedded
from service.settings.env import PROJECT
from service.supervisor import ports

MANAGE = PROJECT / "manage.py"
STOP_SECONDS = 5.0
# What would make the throw-away installation somebody's real one.
_OWN = (
    "ASSAY_ENV",
    "DATABASE_URL",
    "BROKER_URL",
    "STORAGE_URL",
    "SIGNER_URL",
    "IDENTITY_URL",
    "CHAIN_ID",
    "REGISTRY_ADDRESS",
    "SPEND_CEILING_WEI",
)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A temporary installation: `folder` is free for files, verbs run in it with `environment`."""

    folder: Path
    rpc_url: str
    environment: Mapping[str, str]

    def verb(self, *arguments: str) -> int:
        """Run a verb in it with this process's own standard streams; its exit code."""
        return subprocess.run(_command(arguments), env=dict(self.environment), check=False).returncode

    def captured(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a verb in it and keep what it prints."""
        return subprocess.run(
            _command(arguments), env=dict(self.environment), capture_output=True, text=True, check=False
        )


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Make one, with its chain answering. Raises AttestError `anvil_missing`, `chain_unavailable`."""
    with tempfile.TemporaryDirectory(prefix="assay-scratch-") as name:
        folder = Path(name)
        data, files = folder / "data", folder / "files"
        files.mkdir()
        port = ports.ephemeral()
        rpc_url = f"http://{embedded.HOST}:{port}"
        chain = subprocess.Popen(
            embedded.command(port, folder / "no-state"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            embedded.wait_ready(rpc_url)
            environment = {name: value for name, value in os.environ.items() if name not in _OWN}
            # Set where settings look: the verb that runs inside reads its settings under its own name.
            environment.pop("DJANGO_SETTINGS_MODULE", None)
            environment |= {"ASSAY_DATA_DIR": str(data), "CHAIN_RPC_URL": rpc_url}
            yield Scratch(files, rpc_url, environment)
        finally:
            chain.terminate()
            try:
                chain.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                chain.kill()
                chain.wait()


def offline(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a verb with none of our variables, as a stranger with a checkout would; its output is captured."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return subprocess.run(
        _command(arguments), env=kept, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, str(MANAGE), *arguments]
