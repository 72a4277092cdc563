"""What the demo expects, step by step; the first surprise ends it with its name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from rich.console import Console
from rich.text import Text

from service.cli.safe import safe
from service.errors import ServiceError


class Surprise(ServiceError):
    """A step ended otherwise than it must."""

    def __init__(self, step: str, sentence: str) -> None:
        super().__init__("unexpected_outcome", f"{step}: {sentence}")


@dataclass(slots=True)
class Told:
    """The story so far: prints each step as it is told and keeps the table's rows."""

    console: Console
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    started: float = field(default_factory=perf_counter)

    def chapter(self, title: str) -> None:
        """Begin the next part."""
        self.console.print()
        self.console.print(Text(f"{self.seconds:5.1f} s  {title}", style="bold"))

    def line(self, words: str) -> None:
        """Say what happened."""
        self.console.print(Text(f"         {safe(words)}"), soft_wrap=True)

    def row(self, item: str, asked: str, answer: str, why: str) -> None:
        """Keep a line for the table at the end."""
        self.rows.append((safe(item), asked, answer, safe(why)))

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return perf_counter() - self.started


def expect(step: str, found: object, wanted: object | Sequence[object]) -> None:
    """Raise Surprise unless `found` is `wanted`, or among `wanted` where that is a tuple."""
    allowed = wanted if isinstance(wanted, tuple) else (wanted,)
    if found not in allowed:
        shown = " or ".join(str(each) for each in allowed)
        raise Surprise(step, f"expected {shown}, got {found}.")
