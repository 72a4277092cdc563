"""Putting lists in force and out of it. Old versions stay readable."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from provenance.errors import TrustListInvalid
from provenance.models import ProductListRow, TrustListRow
from provenance.trust.lists import ListKind, TrustList
from provenance.trust.products import ProductList
from provenance.trust.succession import Issue, check_succession

ListRow = TrustListRow | ProductListRow
Row = TypeVar("Row", TrustListRow, ProductListRow)


@dataclass(frozen=True, slots=True)
class Update:
    """What came of putting a list in force: the row that is in force now, and the one before it."""

    row: ListRow
    before: ListRow | None

    @property
    def changed(self) -> bool:
        """Whether anything is different now."""
        return self.before is None or self.before.pk != self.row.pk


def put_in_force(found: TrustList | ProductList, *, force: bool = False) -> Update:
    """Put a list in force in place of the active one of that name and kind; the same list again changes
    nothing.

    Raises TrustListInvalid `trust_list_rollback` or `trust_list_conflict` for a list that may not follow the
    one in force (see `provenance.trust.succession`), unless `force`.
    """
    try:
        return _replace(found, force=force)
    except IntegrityError:
        # A parallel update made the first version, which this one could not lock.
        return _replace(found, force=force)


def remove_list(name: str, kind: ListKind | str | None = None) -> int:
    """Put the lists of that name out of force, those of one kind where it is given, and return how many were.

    Raises TrustListInvalid `trust_list_unknown` where none of that name is in force.
    """
    out_of_force = {"active": False, "retired_at": timezone.now()}
    rows = TrustListRow.objects.filter(name=name, active=True)
    if kind is not None:
        changed = rows.filter(kind=ListKind(kind).value).update(**out_of_force)
    else:
        products = ProductListRow.objects.filter(name=name, active=True)
        changed = rows.update(**out_of_force) + products.update(**out_of_force)
    if not changed:
        raise TrustListInvalid(f"No list named {name} is in force.", code="trust_list_unknown")
    return changed


@transaction.atomic
def _replace(found: TrustList | ProductList, *, force: bool) -> Update:
    before: ListRow | None
    if isinstance(found, TrustList):
        before = _locked(TrustListRow.objects.filter(name=found.name, kind=found.kind.value))
    else:
        before = _locked(ProductListRow.objects.filter(name=found.name))
    if before is not None:
        known = before.as_list()
        if _essence(known) == _essence(found):
            return Update(before, before)
        renamed = known.sha256 == found.sha256 and _issue(known) == _issue(found)
        if not force and not renamed:
            check_succession(_issue(known), _issue(found))
        before.active, before.retired_at = False, timezone.now()
        before.save(update_fields=["active", "retired_at"])
    return Update(_create(found), before)


def _locked(versions: QuerySet[Row]) -> Row | None:
    """The active one of all versions of a list, which nobody else replaces until this transaction ends."""
    # The oldest row is the lock; whoever waited for it looks for the active one only afterwards.
    versions.select_for_update().order_by("pk").first()
    return versions.filter(active=True).first()


def _create(found: TrustList | ProductList) -> ListRow:
    shared: dict[str, Any] = {
        "name": found.name,
        "version": found.version,
        "sha256": found.sha256,
        "issued": found.issued,
        "source": found.source,
    }
    if isinstance(found, ProductList):
        return ProductListRow.objects.create(document=found.document, **shared)
    return TrustListRow.objects.create(
        kind=found.kind.value,
        pem=found.pem,
        sequence=found.sequence,
        next_update=found.next_update,
        left_out=list(found.left_out),
        **shared,
    )


def _essence(found: TrustList | ProductList) -> tuple[object, ...]:
    """What makes a version itself; where it was fetched from does not."""
    says = (found.next_update, found.left_out) if isinstance(found, TrustList) else ()
    return (found.sha256, found.version, _issue(found), *says)


def _issue(found: TrustList | ProductList) -> Issue:
    return Issue(found.sequence if isinstance(found, TrustList) else None, found.issued)
