"""Reading what the engine keeps."""

from collections.abc import Iterable
from pathlib import Path

from provenance.models import StoredAsset, TrustListRow
from provenance.trust.files import load_list
from provenance.trust.lists import ListKind, TrustStore

DEVELOPMENT_LIST = "development"


def asset_by_sha256(sha256: str) -> StoredAsset | None:
    """The stored content of this digest (lower-case hex), if it is kept."""
    return StoredAsset.objects.filter(sha256=sha256).first()


def active_trust_lists() -> list[TrustListRow]:
    """The lists in force, by name."""
    return list(TrustListRow.objects.filter(active=True).order_by("name", "kind"))


def trust_store(files: Iterable[Path] = (), development_root: Path | None = None) -> TrustStore:
    """The lists in the database, those in PEM `files` (named after the file; `NAME.tsa.pem` vouches for
    time), and the development root where one is given.

    Raises TrustListInvalid for a file that cannot be read or parsed.
    """
    lists = [row.as_list() for row in active_trust_lists()]
    lists += [load_list(path) for path in files]
    if development_root is not None:
        lists.append(load_list(development_root, DEVELOPMENT_LIST, ListKind.MANIFEST))
    return TrustStore(tuple(lists))
