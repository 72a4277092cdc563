"""The worker process around the C2PA parser: started when needed, replaced after a crash or a hang."""

import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.assets.sandbox.child import Child, ChildDied
from provenance.errors import InspectionFailed, ProvenanceError
from provenance.inspection.report_edits import bind_text, put_back

_WORKER = "provenance.inspection.worker"
# One arena keeps big files from staying resident twice.
# The SDK reads a file into a buffer that doubles as it grows; from the heap, of which 64 MiB are kept, the
# next file finds its pages there; memory mapped for each would cost a fault a page, twice the time at 21 MB.
_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024**2),
}


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


class Sandbox:
    """One worker at a time, shared by the threads of a process; safe to hold across a fork."""

    def __init__(
        self, settings: Sequence[Mapping[str, Any]], other_lists: Sequence[str], limits: ReaderLimits
    ) -> None:
        self._settings, self._other_lists, self._limits = settings, other_lists, limits
        self._lock = threading.Lock()
        self._worker: Child | None = None

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
        return self._worker.pid if self._worker else None

    def _ask(self, request: dict[str, Any], files: list[int], attached: bytes) -> dict[str, Any]:
        worker = self._ready()
        try:
            answer, reports = worker.ask(request, files, attached, seconds=self._limits.wall_seconds)
            if "error" not in answer:
                length = int(answer["report_bytes"])
                answer["report"] = json.loads(reports[:length])
                if "trust" in answer:
                    put_back(answer["report"], answer["trust"])
                if "text_bound" in answer:
                    bind_text(answer["report"], bound=bool(answer["text_bound"]))
                answer["signers"] = json.loads(reports[length:]) if reports[length:] else None
        except TimeoutError as error:
            raise _timed_out() from error
        except (ChildDied, ValueError) as error:
            self._stop()
            if isinstance(error, ChildDied) and error.out_of_time:
                raise _timed_out() from error
            raise InspectionFailed(
                "Reading the credentials of this file crashed the reader.", code="inspection_crashed"
            ) from error
        if worker.answered >= self._limits.files_per_worker:
            self._stop()
        return answer

    def _ready(self) -> Child:
        if self._worker is not None and self._worker.alive:
            return self._worker
        self._stop()
        return self._start()

    def _start(self) -> Child:
        opening = {
            "settings": [dict(one) for one in self._settings],
            "other_lists": list(self._other_lists),
            "memory_bytes": self._limits.memory_bytes,
        }
        try:
            worker = Child(_WORKER, opening, _ENVIRONMENT)
        except (ChildDied, TimeoutError) as error:
            raise InspectionFailed("The reader did not start.", code="inspection_crashed") from error
        if "sdk" not in worker.hello:
            worker.end()
            raise ProvenanceError(str(worker.hello.get("sentence")), code=str(worker.hello.get("error")))
        self._worker = worker
        return worker

    def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


def _timed_out() -> InspectionFailed:
    return InspectionFailed(
        "Reading the credentials of this file took longer than allowed.", code="inspection_timeout"
    )
