"""What would change from one version of a list to another."""

from collections.abc import Mapping
from dataclasses import dataclass

from provenance.trust.certificates import fingerprint, subject
from provenance.trust.lists import TrustList
from provenance.trust.products import ProductList


@dataclass(frozen=True, slots=True)
class Entry:
    """One authority (key: SHA-256 of its certificate) or product (key: its record id), in words."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Entries by what happened to them; `changed` holds products whose record says something else now."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    kept: int


def difference(before: TrustList | ProductList | None, after: TrustList | ProductList) -> Difference:
    """From `before`, or from nothing, to `after`."""
    old, new = _entries(before) if before is not None else {}, _entries(after)
    changed = [key for key in new if key in old and new[key] != old[key]]
    return Difference(
        added=_ordered(new, [key for key in new if key not in old]),
        removed=_ordered(old, [key for key in old if key not in new]),
        changed=_ordered(new, changed),
        kept=sum(key in old for key in new) - len(changed),
    )


def _entries(found: TrustList | ProductList) -> dict[str, str]:
    if isinstance(found, ProductList):
        return dict(found.records)
    return {fingerprint(each): subject(each) for each in found.certificates()}


def _ordered(labels: Mapping[str, str], keys: list[str]) -> tuple[Entry, ...]:
    return tuple(
        sorted((Entry(key, labels[key]) for key in keys), key=lambda entry: (entry.label, entry.key))
    )
