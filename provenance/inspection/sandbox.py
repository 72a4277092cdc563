"""The worker process around the C2PA parser: started when needed, replaced after a crash or a hang."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import provenance
from provenance.errors import InspectionFailed, ProvenanceError
from provenance.inspection.report_edits import bind_text, put_back
from provenance.inspection.wire import receive, send

_ROOT = str(Path(provenance.__file__).resolve().parent.parent)
_START_SECONDS = 30.0
# Nothing of our own environment, which holds secrets. One arena keeps big files from staying resident twice.
# Nothing is mapped apart and up to 64 MiB are kept: the pages of one file serve for the next, where asking
# the kernel for each again takes longer than reading the file. A threshold will not do: glibc takes 32 MiB
# at most, and the buffer of a 21 MB file grows past that.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024**2),
}
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from provenance.inspection.worker import main; main(int(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """What one inspection may cost. Exceeding the first three ends the worker, and the file is refused alone.

    `wall_seconds` and `cpu_seconds` are per file, `memory_bytes` is the worker's address space,
    `max_report_bytes` bounds the JSON of deep ingredient trees; `files_per_worker` bounds what a leak can
    cost.
    """

    wall_seconds: float = 30.0
    cpu_seconds: int = 20
    memory_bytes: int = 2 * 1024**3
    max_report_bytes: int = 16 * 1024 * 1024
    files_per_worker: int = 10_000


@dataclass(slots=True)
class _Worker:
    """One running child and the parent's end of its socket; `owner` is the process that started it."""

    process: "subprocess.Popen[bytes]"
    channel: socket.socket
    owner: int
    files: int = 0


class Sandbox:
    """One worker at a time, shared by the threads of a process; safe to hold across a fork."""

    def __init__(
        self, settings: Sequence[Mapping[str, Any]], other_lists: Sequence[str], limits: ReaderLimits
    ) -> None:
        self._settings, self._other_lists, self._limits = settings, other_lists, limits
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._closer: weakref.finalize[Any, Any] | None = None

    def read(self, asset: Path, media_type: str, store: Path | bytes | None) -> dict[str, Any]:
        """The worker's answer: `report`, `signers` (None where one reading was enough), `identity` and
        `facts`; or `error`, `sentence` and perhaps `url`.

        Raises InspectionFailed `inspection_crashed` or `inspection_timeout`, and ProvenanceError where the
        worker cannot start (`sdk_too_old`, `sdk_missing`). OSError where a file cannot be opened.
        """
        attached = store if isinstance(store, bytes) else None
        paths = [asset, store] if isinstance(store, Path) else [asset]
        request = {
            "media_type": media_type,
            "store": "attached" if attached is not None else "file" if len(paths) > 1 else "none",
            "cpu_seconds": self._limits.cpu_seconds,
            "max_report_bytes": self._limits.max_report_bytes,
        }
        files: list[int] = []
        try:
            files.extend(os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in paths)
            with self._lock:
                return self._ask(request, files, attached or b"")
        finally:
            for descriptor in files:
                os.close(descriptor)

    def close(self) -> None:
        """End the worker; a later `read` starts another."""
        with self._lock:
            self._stop()

    @property
    def worker_pid(self) -> int | None:
        """The running worker's process id, for supervision and tests."""
        return self._worker.process.pid if self._worker else None

    def _ask(self, request: dict[str, Any], files: list[int], attached: bytes) -> dict[str, Any]:
        worker = self._ready()
        try:
            send(worker.channel, request, files, attached)
            answer, _, reports = receive(worker.channel, time.monotonic() + self._limits.wall_seconds)
            if "error" not in answer:
                length = int(answer["report_bytes"])
                answer["report"] = json.loads(reports[:length])
                if "trust" in answer:
                    put_back(answer["report"], answer["trust"])
                if "text_bound" in answer:
                    bind_text(answer["report"], bound=bool(answer["text_bound"]))
                answer["signers"] = json.loads(reports[length:]) if reports[length:] else None
        except TimeoutError as error:
            self._stop()
            raise _timed_out() from error
        except (EOFError, OSError, ValueError) as error:
            if self._stop() == -signal.SIGXCPU:
                raise _timed_out() from error
            raise InspectionFailed(
                "Reading the credentials of this file crashed the reader.", code="inspection_crashed"
            ) from error
        except BaseException:
            # An interrupted exchange would leave its answer behind for the next caller.
            self._stop()
            raise
        worker.files += 1
        if worker.files >= self._limits.files_per_worker:
            self._stop()
        return answer

    def _ready(self) -> _Worker:
        worker = self._worker
        if worker is not None and worker.owner != os.getpid():
            # After a fork the socket belongs to the parent: drop our copy, leave its child alone.
            if self._closer is not None:
                self._closer.detach()
            worker.channel.close()
            self._worker = worker = None
        if worker is not None and worker.process.poll() is None:
            return worker
        self._stop()
        return self._start()

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, _ROOT, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                start_new_session=True,
                cwd="/",
            )
        self._worker = _Worker(process, ours, os.getpid())
        self._closer = weakref.finalize(self, _end, process, ours)
        try:
            opening = {
                "settings": [dict(one) for one in self._settings],
                "other_lists": list(self._other_lists),
                "memory_bytes": self._limits.memory_bytes,
            }
            send(ours, opening)
            hello, _, _ = receive(ours, time.monotonic() + _START_SECONDS)
        except (EOFError, OSError, ValueError) as error:
            self._stop()
            raise InspectionFailed("The reader did not start.", code="inspection_crashed") from error
        if "sdk" not in hello:
            self._stop()
            raise ProvenanceError(str(hello.get("sentence")), code=str(hello.get("error")))
        return self._worker

    def _stop(self) -> int | None:
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        if self._closer is not None:
            self._closer.detach()
        return _end(worker.process, worker.channel)


def _end(process: "subprocess.Popen[bytes]", channel: socket.socket) -> int | None:
    """Close, kill if needed, reap. A worker whose socket closed goes by itself, and a crashed one is gone."""
    channel.close()
    try:
        return process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _timed_out() -> InspectionFailed:
    return InspectionFailed(
        "Reading the credentials of this file took longer than allowed.", code="inspection_timeout"
    )
