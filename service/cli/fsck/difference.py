"""What an audit finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Two places that do not say the same: which comparison found it, a stable code, a sentence naming it."""

    part: str
    code: str
    sentence: str


Check = Callable[[], Iterator[Difference]]
Repair = Callable[[list[Difference]], None]
"""Puts right what it can of the differences of its part; what it cannot is found again afterwards.

May raise a known error or OSError: that is said, and nothing of its part was half done.
"""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A comparison that could not be made, or a repair, and why; it is not a difference."""

    part: str
    sentence: str
