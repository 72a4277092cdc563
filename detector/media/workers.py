"""A few worker processes that decode media for all threads of this one.

A file that crashes its decoder, hangs it or wants more memory than allowed costs one child process and is
refused alone, with a code of its own.
"""

import logging
import os
import threading
import weakref
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from detector.errors import DecoderUnavailable, MediaUnreadable
from detector.media.crossing import packed, unpacked
from detector.threads import cores
from provenance.assets.sandbox.child import Child, ChildDied

log = logging.getLogger(__name__)
R = TypeVar("R")

MOST_WORKERS = 4
_SLACK = 2
"""Seconds by the clock for one of processor time: on a busy machine a worker waits for its turn."""
_WORKER = "detector.media.worker"
# With its libraries: loaded under the memory limit, a large one would count against the first file.
_PRELOAD = ("detector.fingerprints.picture", "cv2")
# As many processes as cores: threads within one would only get in each other's way, and each reserves
# address space, which is what the memory limit counts.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "MALLOC_ARENA_MAX": "1",
    # From the heap, of which 64 MiB are kept: the next picture's pages are there already.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024**2),
}


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one file may cost: `cpu_seconds` of a worker, twice that by the clock, `memory_bytes` of address
    space. `files_per_worker` bounds what a leak in a decoder can cost."""

    cpu_seconds: int = 30
    memory_bytes: int = 3 * 1024**3
    files_per_worker: int = 5_000


class Workers:
    """At most `count` children (0: one a core, at most four), started when needed or by warm().

    Safe to share between threads and to hold across a fork, after which the child process starts its own.
    They end with close(), with this object, and with this process however that ends.
    """

    def __init__(self, count: int = 0, limits: WorkerLimits | None = None) -> None:
        self.count = count or min(MOST_WORKERS, cores())
        self._limits = limits or WorkerLimits()
        self._begin()
        _ALL.add(self)

    def _begin(self) -> None:
        self._free = threading.Semaphore(self.count)
        self._guard = threading.Lock()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()

    def call(self, function: Callable[..., R], path: Path, *args: object, cpu_seconds: int = 0) -> R:
        """`function(path, *args)` in a worker; it is a function of a module of the detector, by its name.

        `cpu_seconds` stands in for the limit of that name, for media that honestly take longer. Arguments and
        value are what crossing.py carries. Raises the DetectorError that the function raises; MediaUnreadable
        `decoder_crashed`, `decode_timeout`, `too_much_memory`, or `media_unreadable` where the file cannot be
        opened; DecoderUnavailable where no worker can be started.
        """
        arguments, attached = packed(args)
        cpu_seconds = cpu_seconds or self._limits.cpu_seconds
        request = {
            "call": f"{function.__module__}:{function.__qualname__}",
            "arguments": arguments,
            "cpu_seconds": cpu_seconds,
            "wall_seconds": _SLACK * cpu_seconds,
        }
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise MediaUnreadable(f"The file could not be read: {error.strerror}.") from error
        try:
            with self._free:
                answer, data = self._asked(request, descriptor, attached)
        finally:
            os.close(descriptor)
        return cast(R, _value(answer, data))

    def warm(self) -> None:
        """Start every worker now, side by side. Raises DecoderUnavailable."""
        with ThreadPoolExecutor(self.count) as threads:
            for child in list(threads.map(lambda _: self._taken(), range(self.count))):
                self._give_back(child)

    def close(self) -> None:
        """End all workers, busy ones too; a later call starts others."""
        with self._guard:
            idle, self._idle = self._idle, []
            for child in self._busy:
                child.kill()  # the thread that waits for its answer buries it
        for child in idle:
            child.end()

    @property
    def pids(self) -> Collection[int]:
        """The workers' process ids, for supervision and tests."""
        with self._guard:
            return [child.pid for child in (*self._idle, *self._busy)]

    def _asked(self, request: dict[str, Any], descriptor: int, attached: bytes) -> tuple[Any, bytes]:
        child = self._taken()
        try:
            return child.ask(request, [descriptor], attached, seconds=request["wall_seconds"])
        except TimeoutError as error:
            raise _too_slow() from error
        except ChildDied as error:
            if error.out_of_time:
                raise _too_slow() from error
            log.warning("a decoder ended with status %s", error.status)
            raise _crashed() from error
        finally:
            self._give_back(child)

    def _taken(self) -> Child:
        with self._guard:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    self._busy.add(child)
                    return child
                child.end()
        opening = {"memory_bytes": self._limits.memory_bytes, "preload": list(_PRELOAD)}
        try:
            child = Child(_WORKER, opening, _ENVIRONMENT)
        except (ChildDied, TimeoutError, OSError) as error:
            raise DecoderUnavailable("No decoder process could be started.") from error
        with self._guard:
            self._busy.add(child)
        return child

    def _give_back(self, child: Child) -> None:
        with self._guard:
            self._busy.discard(child)
            keep = child.alive and child.answered < self._limits.files_per_worker
            if keep:
                self._idle.append(child)
        if not keep:
            child.end()

    def _after_fork(self) -> None:
        """In the forked child: the workers are the parent's, and its threads may have held the lock."""
        children = [*self._idle, *self._busy]
        self._begin()
        for child in children:
            with suppress(OSError):
                child.end()


def _value(answer: dict[str, Any], data: bytes) -> Any:
    if "error" not in answer:
        try:
            return unpacked(answer.get("value"), data)
        except ValueError as error:
            raise _crashed() from error
    code, sentence = str(answer["error"]), str(answer.get("sentence"))
    if code == "too_much_memory":
        sentence = "Decoding this file takes more memory than allowed."
    elif code == "decoder_crashed":
        log.warning("a decoder failed: %s", sentence)
        raise _crashed()
    if not answer.get("permanent", True):
        raise DecoderUnavailable(sentence, code=code)
    raise MediaUnreadable(sentence, code=code)


def _crashed() -> MediaUnreadable:
    return MediaUnreadable("Decoding this file crashed its decoder.", code="decoder_crashed")


def _too_slow() -> MediaUnreadable:
    return MediaUnreadable("Decoding this file took longer than allowed.", code="decode_timeout")


_ALL: "weakref.WeakSet[Workers]" = weakref.WeakSet()


def _forget_all() -> None:
    for workers in list(_ALL):
        workers._after_fork()


os.register_at_fork(after_in_child=_forget_all)
