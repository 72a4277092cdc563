"""Texts fingerprinted by an earlier version: their fingerprints taken anew where we have them."""

from collections.abc import Collection, Mapping

from detector.fingerprints.compute import EXCERPT_CHARACTERS
from detector.fingerprints.exact import TEXTSHA_METHOD, text_print
from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.shingles import shingle_prints
from detector.fingerprints.text_normaliser import normalise, skeleton
from detector.models import FingerprintRow, Item


def renew(rows: Mapping[int, list[Fingerprint]]) -> None:
    """Add to `rows` (item number to prints), and to the tables, what this version compares texts by.

    An excerpt shorter than its limit is the whole normalised text. Longer texts of an earlier version keep
    what is comparable: their file's digest and their embedding. Earlier rows stay, and no index reads them.
    """
    old = [number for number, prints in rows.items() if _is_old(prints)]
    if not old:
        return
    fresh: list[FingerprintRow] = []
    for number, excerpt in Item.objects.filter(pk__in=old).values_list("pk", "excerpt"):
        if not 0 < len(excerpt) < EXCERPT_CHARACTERS:
            continue
        added = (text_print(excerpt), *shingle_prints(skeleton(normalise(excerpt))))
        rows[number].extend(added)
        fresh += [
            FingerprintRow(item_id=number, method=entry.method, value=entry.value, quality=entry.quality)
            for entry in added
        ]
    FingerprintRow.objects.bulk_create(fresh, ignore_conflicts=True)


def _is_old(prints: Collection[Fingerprint]) -> bool:
    methods = {entry.method for entry in prints}
    return TEXTSHA_METHOD not in methods and any(method.startswith("textsha/") for method in methods)
