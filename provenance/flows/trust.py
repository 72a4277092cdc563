"""Putting trust lists in force and out of it. Old versions stay readable."""

from django.db import transaction

from provenance.errors import TrustListInvalid
from provenance.models import TrustListRow
from provenance.trust.lists import ListKind, parse_pem


def add_list(name: str, kind: ListKind | str, pem: bytes, version: str = "") -> TrustListRow:
    """Put a list in force in place of the active one of that name and kind; the same content again changes
    nothing.

    Raises TrustListInvalid for a bad name, kind or PEM.
    """
    trust_list = parse_pem(name, kind, pem, version)
    with transaction.atomic():
        active = (
            TrustListRow.objects.select_for_update()
            .filter(name=trust_list.name, kind=trust_list.kind.value, active=True)
            .first()
        )
        if active is not None and (active.sha256, active.version) == (trust_list.sha256, version):
            return active
        if active is not None:
            active.active = False
            active.save(update_fields=["active"])
        return TrustListRow.objects.create(
            name=trust_list.name,
            kind=trust_list.kind.value,
            version=version,
            sha256=trust_list.sha256,
            pem=trust_list.pem,
        )


def remove_list(name: str, kind: ListKind | str | None = None) -> int:
    """Put a list out of force and return how many were.

    Raises TrustListInvalid `trust_list_unknown` where none of that name is in force.
    """
    rows = TrustListRow.objects.filter(name=name, active=True)
    if kind is not None:
        rows = rows.filter(kind=ListKind(kind).value)
    changed = rows.update(active=False)
    if not changed:
        raise TrustListInvalid(f"No trust list named {name} is in force.", code="trust_list_unknown")
    return changed
