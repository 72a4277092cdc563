"""Reading what the engine keeps."""

from collections.abc import Iterable
from pathlib import Path

from django.db.models import Count, Q

from provenance.models import ProductListRow, StoredAsset, TrustListRow
from provenance.trust.files import load, store_of
from provenance.trust.lists import ListKind, TrustList, TrustStore
from provenance.trust.products import ProductList

DEVELOPMENT_LIST = "development"


def asset_by_sha256(sha256: str) -> StoredAsset | None:
    """The stored content of this digest (lower-case hex), if it is kept."""
    return StoredAsset.objects.filter(sha256=sha256).first()


def trust_lists(*, past: bool = False) -> list[TrustListRow]:
    """The trust lists in force, by name; with `past`, every version, the latest first under each name."""
    rows = TrustListRow.objects.order_by("name", "kind", "-active", "-created_at", "-pk")
    return list(rows if past else rows.filter(active=True))


def product_lists(*, past: bool = False) -> list[ProductListRow]:
    """The lists of conforming products in force; with `past`, every version, the latest first."""
    rows = ProductListRow.objects.order_by("name", "-active", "-created_at", "-pk")
    return list(rows if past else rows.filter(active=True))


def trust_store(files: Iterable[Path] = (), development_root: Path | None = None) -> TrustStore:
    """The lists in the database, those in `files` (PEM or JSON, named as `provenance.trust.files` says), and
    the development root where one is given.

    Raises TrustListInvalid for a file that cannot be read or parsed.
    """
    found: list[TrustList | ProductList] = [row.as_list() for row in trust_lists()]
    found += [row.as_list() for row in product_lists()]
    found += [load(path) for path in files]
    if development_root is not None:
        found.append(load(development_root, DEVELOPMENT_LIST, ListKind.MANIFEST))
    return store_of(found)


def trust_mark(files: Iterable[Path] = ()) -> tuple[object, ...]:
    """A value that changes whenever `trust_store` of the same files could, for one small query a table.

    Rows come into force by being made and leave it for good by becoming inactive, so the number of all and
    that of active ones tell every change. A file is known by its time and size.
    """
    rows = [
        table.objects.aggregate(made=Count("pk"), active=Count("pk", filter=Q(active=True)))
        for table in (TrustListRow, ProductListRow)
    ]
    return (*((row["made"], row["active"]) for row in rows), *map(_file_mark, files))


def _file_mark(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
