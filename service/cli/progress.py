"""How long work shows itself: a bar on a terminal, now and then a plain line elsewhere, on standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from service.cli.safe import safe

PLAIN_EVERY_SECONDS = 5.0


class Steps:
    """What the worker calls: `note` says what is being done, `advance` that one more of `total` is done."""

    def note(self, what: str) -> None:
        """Say what is being done now."""

    def advance(self) -> None:
        """One more is done."""

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is drawn while the block prints."""
        yield


class _Bar(Steps):
    def __init__(self, bar: Progress, title: str, total: int) -> None:
        self._bar, self._title = bar, title
        self._task = bar.add_task(title, total=total, note="")

    def note(self, what: str) -> None:
        self._bar.update(self._task, note=safe(what))

    def advance(self) -> None:
        self._bar.advance(self._task)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self._bar.stop()
        yield
        self._bar.start()


class _Lines(Steps):
    """Plain lines: a change of note at once, the count at most every few seconds."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total = title, total
        self._done, self._last_note, self._printed = 0, "", time.monotonic()

    def _print(self, text: str) -> None:
        sys.stderr.write(f"assay: {self._title}: {text}\n")
        sys.stderr.flush()
        self._printed = time.monotonic()

    def note(self, what: str) -> None:
        if what != self._last_note and time.monotonic() - self._printed >= PLAIN_EVERY_SECONDS:
            self._last_note = what
            self._print(safe(what))

    def advance(self) -> None:
        self._done += 1
        if time.monotonic() - self._printed >= PLAIN_EVERY_SECONDS and self._done < self._total:
            self._print(f"{self._done} of {self._total}")


@contextmanager
def steps(title: str, total: int) -> Iterator[Steps]:
    """Show the progress of `total` steps of `title` for as long as the block runs."""
    if not sys.stderr.isatty():
        yield _Lines(title, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar, title, total)
