"""The banks that a running process asks, made anew when any process has changed them."""

import logging
import threading
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Max

from detector.banks import Banks, Entry, kept_prints, read_prints
from detector.errors import BankInvalid
from detector.fingerprints.fingerprint import Fingerprints
from detector.models import Bank, BankEntry
from detector.similarity import Banked

_log = logging.getLogger(__name__)
Mark = tuple[int, int, datetime | None]


class LiveBanks:
    """One per process; safe to share between its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._banks = Banks(())

    def look_up(self, prints: Fingerprints) -> Banked | None:
        """What the banks say of this content, as they are now."""
        return self._now().look_up(prints)

    def version(self) -> str:
        """What tells this state of the banks from another: how many entries, and the newest one's number."""
        count, last, _ = _mark()
        return f"{count}/{last}"

    def _now(self) -> Banks:
        mark = _mark()
        with self._lock:
            if mark != self._mark:
                self._banks = Banks(_entries())
                self._mark = mark
            return self._banks


def _mark() -> Mark:
    found = BankEntry.objects.aggregate(count=Count("pk"), last=Max("pk"), at=Max("created_at"))
    return found["count"], found["last"] or 0, found["at"]


def _entries() -> list[Entry]:
    found = []
    for row in BankEntry.objects.order_by("pk"):
        try:
            prints = read_prints(row.prints)
        except BankInvalid:
            _log.warning("bank entry %s cannot be read and is passed over", row.uid)
            continue
        found.append(Entry(row.pk, str(row.uid), row.bank, row.label, prints))
    return found


def add_entry(prints: Fingerprints, *, bank: str, label: str, by: str = "") -> BankEntry:
    """Put a content into a bank; one that is in it already keeps its entry, under the new label.

    Raises BankInvalid for a bank that there is not.
    """
    if bank not in Bank.values:
        raise BankInvalid(f"A bank is one of: {', '.join(Bank.values)}.")
    values = {"label": label[:200].replace("\0", ""), "added_by": by[:64]}
    content = {
        "medium": prints.medium.value,
        "excerpt": prints.excerpt.replace("\0", "").encode("utf-8", "replace").decode()[:500],
        "prints": kept_prints(prints),
    }
    try:
        with transaction.atomic():
            # Never one that was there before under the other bank: that word is taken back.
            BankEntry.objects.filter(sha256=prints.sha256).exclude(bank=bank).delete()
            row, made = BankEntry.objects.get_or_create(
                bank=bank, sha256=prints.sha256, defaults={**values, **content}
            )
    except IntegrityError:
        row, made = BankEntry.objects.get(bank=bank, sha256=prints.sha256), False
    if not made:
        # A new number, so that every process notices.
        with transaction.atomic():
            BankEntry.objects.filter(pk=row.pk).delete()
            row = BankEntry.objects.create(bank=bank, sha256=prints.sha256, **values, **content)
    return row


def remove_entry(uid: UUID) -> bool:
    """Take an entry out; whether it was there."""
    return bool(BankEntry.objects.filter(uid=uid).delete()[0])
