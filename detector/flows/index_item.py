"""Index one item, exactly once."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from detector.fingerprints.fingerprint import Fingerprints
from detector.matching.admission import QUERY_ONLY
from detector.models import FingerprintRow, Item, ItemGate, Kind


def index(
    prints: Fingerprints,
    *,
    kind: str,
    tenant: str | None = None,
    subject: str | None = None,
    source: str = "",
    author: str = "",
    time: datetime | None = None,
    key: str | None = None,
) -> Item:
    """Write the item and its fingerprints; a second call with the same `key` returns the first item.

    May be called inside the caller's transaction, after the match and never before one in the same
    transaction: a number seen by this process's index must not be rolled back. What the item resembles is
    looked for after the commit, by campaigns.join_campaign (LiveIndex.with_campaign calls it): of two alike
    items written at the same time, at least the one joined later sees the other.
    """
    if key is not None and (known := Item.objects.filter(key=key).first()) is not None:
        return known
    try:
        with transaction.atomic():
            _pass_gate()
            item = Item.objects.create(
                kind=Kind(kind),
                medium=prints.medium.value,
                sha256=prints.sha256,
                tenant=tenant,
                subject=subject,
                source=_kept(source, 200),
                author=_kept(author, 200),
                time=time or timezone.now(),
                excerpt=_kept(prints.excerpt, 500),
                key=key,
            )
            FingerprintRow.objects.bulk_create(
                FingerprintRow(item=item, method=entry.method, value=entry.value, quality=entry.quality)
                for entry in prints.prints
                if entry.method not in QUERY_ONLY
            )
    except IntegrityError:
        if key is not None and (known := Item.objects.filter(key=key).first()) is not None:
            return known
        raise
    return item


def _pass_gate() -> None:
    """Wait for whoever is writing an item, and make the next one wait until this transaction ends."""
    if not ItemGate.objects.filter(pk=1).update(passed=F("passed") + 1):
        ItemGate.objects.bulk_create([ItemGate(pk=1)], ignore_conflicts=True)
        ItemGate.objects.filter(pk=1).update(passed=F("passed") + 1)


def _kept(text: str, length: int) -> str:
    """At most `length` characters; PostgreSQL stores neither NUL nor lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:length]
