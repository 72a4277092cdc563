"""The lists of this installation, as the command line shows and changes them."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from provenance import queries
from provenance.errors import FetchFailed, TrustListInvalid
from provenance.flows import trust as flow
from provenance.flows.trust import ListRow, Update
from provenance.models import TrustListRow
from provenance.trust.certificates import subject
from provenance.trust.difference import Difference, Entry, difference
from provenance.trust.lists import TrustList
from provenance.trust.products import ProductList
from provenance.trust.sources import bring as bring_from
from service.cli.exits import Exit
from service.cli.safe import safe
from service.cli.verb import usage

AnyList = TrustList | ProductList

_REFUSALS = frozenset({"trust_list_rollback", "trust_list_conflict"})
PRODUCTS = "products"


def bring(where: str, **chosen: Any) -> AnyList:
    """The list at `where`; see `provenance.trust.sources.bring`. Raises CommandError."""
    try:
        return bring_from(where, **chosen)
    except TrustListInvalid as error:
        raise usage(f"{safe(where)}: {safe(error)}") from error
    except FetchFailed as error:
        hint = " Say --allow-private to ask it all the same." if error.code == "blocked_address" else ""
        raise CommandError(f"{safe(where)}: {safe(error)}{hint}", returncode=Exit.UNCHECKED) from error


def update(found: AnyList, *, force: bool) -> Update:
    """Put the list in force. Raises CommandError where it may not follow the one in force."""
    try:
        return flow.put_in_force(found, force=force)
    except TrustListInvalid as error:
        hint = " --force takes it all the same." if error.code in _REFUSALS else ""
        code = Exit.REFUSED if error.code in _REFUSALS else Exit.USAGE
        raise CommandError(f"{safe(error)}{hint}", returncode=code) from error


def remove(name: str, kind: str | None) -> int:
    """Put the lists of that name out of force; how many were. Raises CommandError."""
    try:
        return flow.remove_list(name, kind)
    except TrustListInvalid as error:
        raise usage(safe(error)) from error


def versions(name: str, kind: str | None = None) -> list[ListRow]:
    """Every version of one list, the one in force first, then the latest. Raises CommandError for none, and
    for a name that lists of several kinds bear.
    """
    rows: list[ListRow] = [
        row for row in queries.trust_lists(past=True) if row.name == name and kind in (None, row.kind)
    ]
    if kind is None:
        rows += [row for row in queries.product_lists(past=True) if row.name == name]
    if not rows:
        raise usage(f"There is no list named {safe(name)}.")
    if len({kind_of(row) for row in rows}) > 1:
        raise usage(f"Lists of several kinds are named {safe(name)}: say --kind.")
    return rows


def version(rows: list[ListRow], wanted: str) -> ListRow:
    """The version that `wanted` names: its version, or the start of its SHA-256. Raises CommandError."""
    named = [row for row in rows if row.version == wanted]
    digests = [row for row in rows if len(wanted) >= 6 and row.sha256.startswith(wanted.lower())]
    found = named or digests
    if len({row.sha256 for row in found}) != 1:
        known = ", ".join(f"{row.version or 'no version'} ({row.sha256[:12]})" for row in rows)
        raise usage(f"{safe(wanted)} is not one version of {safe(rows[0].name)}. There are: {safe(known)}.")
    return found[0]


def preceding(rows: list[ListRow], row: ListRow) -> ListRow | None:
    """The version that was put in force before `row`, among the versions of one list."""
    return max((each for each in rows if each.pk < row.pk), key=lambda each: each.pk, default=None)


def in_force(found: AnyList) -> ListRow | None:
    """The row in force that `found` would take the place of."""
    rows: list[ListRow]
    if isinstance(found, TrustList):
        rows = [row for row in queries.trust_lists() if row.kind == found.kind]
    else:
        rows = list(queries.product_lists())
    return next((row for row in rows if row.name == found.name), None)


def kind_of(row: ListRow) -> str:
    """`manifest`, `tsa` or `products`."""
    return row.kind if isinstance(row, TrustListRow) else PRODUCTS


def compared(before: ListRow | None, after: AnyList) -> Difference:
    """What would change from a row, or from nothing, to a list."""
    return difference(before.as_list() if before else None, after)


def described(row: ListRow) -> dict[str, Any]:
    """One version as JSON-ready values; `authorities` and `expired` are subjects."""
    found = row.as_list()
    facts: dict[str, Any] = {
        "name": row.name,
        "kind": kind_of(row),
        "version": row.version,
        "sha256": row.sha256,
        "issued": _written(row.issued),
        "source": row.source,
        "in_force": row.active,
        "in_force_since": _written(row.created_at),
        "in_force_until": _written(row.retired_at),
    }
    if isinstance(found, ProductList):
        return facts | {"products": len(found.records)}
    return facts | {
        "next_update": _written(found.next_update),
        "overdue": found.is_overdue(),
        "left_out": list(found.left_out),
        "authorities": [subject(each) for each in found.certificates()],
        "expired": [subject(each) for each in found.expired()],
    }


def all_described(*, past: bool) -> list[dict[str, Any]]:
    """The lists in force, or every version there was, trust lists first."""
    rows: list[ListRow] = [*queries.trust_lists(past=past)]
    rows += queries.product_lists(past=past)
    return [described(row) for row in rows]


def changes(found: Difference) -> dict[str, Any]:
    """A difference as JSON-ready values."""

    def entries(some: tuple[Entry, ...]) -> list[dict[str, str]]:
        return [{"key": entry.key, "label": entry.label} for entry in some]

    return {
        "added": entries(found.added),
        "removed": entries(found.removed),
        "changed": entries(found.changed),
        "kept": found.kept,
    }


def _written(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
