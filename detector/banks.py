"""Banks: contents that an operator named beforehand, looked up by likeness and not by digest alone."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from detector.errors import BankInvalid
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.index.build import exact_index
from detector.match import Matcher
from detector.matching.admission import QUERY_ONLY
from detector.matching.finding import RawMatch
from detector.matching.vectors import MakeIndex
from detector.similarity import Banked

DENY = "deny"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry under a number of its own; `bank` is `deny` or `allow`."""

    number: int
    uid: str
    bank: str
    label: str
    prints: tuple[Fingerprint, ...]


class Banks:
    """All entries of all banks. Not changed once made."""

    def __init__(self, entries: Iterable[Entry], make_index: MakeIndex = exact_index) -> None:
        self._entries = {entry.number: entry for entry in entries}
        self._matcher = Matcher(make_index)
        self._matcher.add_many([(entry.number, entry.prints) for entry in self._entries.values()])

    def __len__(self) -> int:
        return len(self._entries)

    def look_up(self, prints: Fingerprints) -> Banked | None:
        """The nearest entry that this content resembles; of two as near, the one that is known bad.

        Equality counts here however short or plain the content is: that is what banks are for.
        """
        if not self._entries:
            return None
        found = self._matcher.match(prints)
        best = min(found, key=lambda raw: (-raw.score, self._entries[raw.item_no].bank != DENY), default=None)
        return self._banked(best) if best is not None else None

    def _banked(self, raw: RawMatch) -> Banked:
        entry = self._entries[raw.item_no]
        return Banked(
            bank=entry.bank,
            entry=entry.uid,
            label=entry.label,
            score=raw.score,
            distance=raw.distance,
            method=raw.method,
            threshold=raw.threshold,
            why=raw.why,
        )


def kept_prints(prints: Fingerprints) -> list[list[Any]]:
    """An entry's fingerprints as JSON: `[method, value in base64, quality]` each."""
    return [
        [entry.method, base64.b64encode(entry.value).decode("ascii"), entry.quality]
        for entry in prints.prints
        if entry.method not in QUERY_ONLY
    ]


def read_prints(kept: Sequence[Sequence[Any]]) -> tuple[Fingerprint, ...]:
    """The reverse of kept_prints(). Raises BankInvalid."""
    try:
        return tuple(
            Fingerprint(str(method), base64.b64decode(value, validate=True), int(quality))
            for method, value, quality in kept
        )
    except (ValueError, TypeError) as error:
        raise BankInvalid("The fingerprints of a bank's entry cannot be read.") from error
