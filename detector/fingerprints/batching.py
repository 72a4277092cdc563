"""Calls of many threads joined into batches: a model computes twenty texts in less than twenty times one."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Compute = Callable[[list[T]], NDArray[np.float32]]


class _Call(Generic[T]):
    """What one thread asked for, and what came of it."""

    __slots__ = ("error", "items", "vectors")

    def __init__(self, items: Sequence[T]) -> None:
        self.items = items
        self.vectors: NDArray[np.float32] | None = None
        self.error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.vectors is not None or self.error is not None


class Batcher(Generic[T]):
    """Runs `compute` in one thread at a time, for all that asked while the last batch was computed.

    Nobody waits for company: a call that comes alone is computed at once, and those that come meanwhile are
    the next batch. `most` items and no more start together, but for one call that has more by itself.
    `compute` gives one row an item, in order.
    """

    def __init__(self, compute: Compute[T], most: int = 256) -> None:
        self._compute = compute
        self._most = most
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._waiting: list[_Call[T]] = []

    def __call__(self, items: Sequence[T]) -> NDArray[np.float32]:
        """The rows of these items. Raises what `compute` raises for them, whoever shared their batch."""
        call = _Call(items)
        with self._guard:
            self._waiting.append(call)
        with self._turn:
            while not call.done:
                self._run(self._next())
        if call.error is not None:
            raise call.error
        if call.vectors is None:
            raise RuntimeError("a batch left a call out")
        return call.vectors

    def _next(self) -> list[_Call[T]]:
        """The calls that waited longest, as many as fit."""
        with self._guard:
            count, total = 0, 0
            for call in self._waiting:
                total += len(call.items)
                if count and total > self._most:
                    break
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _run(self, batch: list[_Call[T]]) -> None:
        try:
            vectors = self._compute([item for call in batch for item in call.items])
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            if len(batch) == 1:
                batch[0].error = error
                return
            # Whose item it was is not known: each is tried by itself.
            for call in batch:
                self._run([call])
            return
        except BaseException as error:
            for call in batch:
                call.error = error
            raise
        start = 0
        for call in batch:
            call.vectors = vectors[start : start + len(call.items)]
            start += len(call.items)
