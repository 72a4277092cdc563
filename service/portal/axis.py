"""One answer of the report as a page shows it: plain values that the template prints and escapes."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.portal.likeness import Difference, Drawing


@dataclass(frozen=True, slots=True)
class Fact:
    """One detail. `kind` tells the template how to print it: text, digest, moment or code."""

    label: str
    value: object
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an answer in one sentence, and the codes it rests on; `tone` picks its icon."""

    label: str
    sentence: str
    codes: tuple[str, ...] = ()
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Things side by side: a caption, and a row of facts for each thing; their labels are the columns."""

    caption: str
    rows: tuple[tuple[Fact, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(fact.label for fact in self.rows[0]) if self.rows else ()


@dataclass(frozen=True, slots=True)
class Axis:
    """One question, its answer, and what stands behind it. `dump` is raw bytes made readable."""

    key: str
    question: str
    word: str
    tone: str
    sentence: str
    meaning: str
    facts: tuple[Fact, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    dump: str = ""
    drawings: tuple[Drawing, ...] = ()
    differences: tuple[Difference, ...] = ()


def kept(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Only the details there is something to say of."""
    return tuple(fact for fact in facts if fact.value not in (None, "", ()))
