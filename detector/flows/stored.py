"""Fingerprints as their rows hold them."""

from collections.abc import Collection

from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.models import FingerprintRow, Item
from provenance.assets.asset import Medium


def stored_values(method: str, numbers: Collection[int]) -> dict[int, bytes]:
    """The values of a method that these items have."""
    rows = FingerprintRow.objects.filter(method=method, item_id__in=list(numbers))
    return {number: bytes(value) for number, value in rows.values_list("item_id", "value")}


def stored_prints(item: Item) -> Fingerprints:
    """An item's fingerprints."""
    rows = FingerprintRow.objects.filter(item=item).order_by("id")
    prints = tuple(Fingerprint(row.method, bytes(row.value), row.quality) for row in rows)
    return Fingerprints(item.sha256, Medium(item.medium), prints, item.excerpt)
