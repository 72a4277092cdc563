"""The data folder: private, locked by one supervisor, with the secrets that a first run makes."""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from service.supervisor.refusal import Refusal

PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600
SMALLEST_FREE = 200 * 1024 * 1024


def make(path: Path) -> None:
    """Make the data folder and its parts, readable by its owner alone. Raises Refusal where it cannot be."""
    try:
        path.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
        path.chmod(PRIVATE_DIR)
        for part in ("secrets", "logs", "run", "chain"):
            (path / part).mkdir(mode=PRIVATE_DIR, exist_ok=True)
        free = shutil.disk_usage(path).free
    except OSError as error:
        raise Refusal(f"The data folder {path} cannot be used: {error.strerror}.") from error
    if free < SMALLEST_FREE:
        raise Refusal(f"The disk of the data folder {path} has {free // 2**20} MiB left; 200 MiB are needed.")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the data folder. Raises Refusal naming the other process when another Assay is running on it.

    The lock is the kernel's (flock): it goes when this process does, in whatever way; children inherit none.
    """
    lock = filelock.FileLock(path / "run" / "lock", mode=PRIVATE_FILE)
    pid_file = path / "run" / "supervisor.pid"
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        pid = pid_file.read_text().strip() if pid_file.is_file() else "unknown"
        raise Refusal(f"Another Assay is running on the data folder {path} (pid {pid}).") from error
    try:
        write_private(pid_file, f"{os.getpid()}\n")
        yield
    finally:
        pid_file.unlink(missing_ok=True)
        lock.release()


def write_private(path: Path, text: str) -> None:
    """Write `text` so that a crash leaves the old file or the new one, with mode 0600 from the first byte."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def ensure_secret_key(path: Path) -> str:
    """Django's secret key of the data folder `path`, made on the first run."""
    file = path / "secrets" / "django_secret_key"
    if not file.is_file():
        write_private(file, secrets.token_urlsafe(64))
    return file.read_text().strip()


@contextmanager
def noted(running_file: Path, facts: dict[str, object]) -> Iterator[None]:
    """Let other verbs find this run while it lasts: `facts` and the pid, in `running_file`."""
    try:
        running_file.parent.mkdir(parents=True, exist_ok=True)
        write_private(running_file, json.dumps({"pid": os.getpid(), **facts}) + "\n")
    except OSError:
        # A read-only checkout only costs other verbs their --data option.
        yield
        return
    try:
        yield
    finally:
        held = json.loads(running_file.read_text()) if running_file.is_file() else {}
        if held.get("pid") == os.getpid():
            running_file.unlink(missing_ok=True)
