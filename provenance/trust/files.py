"""Lists from files, for TRUST_LISTS and for a command line without a database."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from provenance.errors import TrustListInvalid
from provenance.trust.documents import parse
from provenance.trust.fields import MAX_BYTES
from provenance.trust.lists import ListKind, TrustList, TrustStore
from provenance.trust.products import ProductList


def load(
    path: Path, name: str | None = None, kind: ListKind | str | None = None, version: str = ""
) -> TrustList | ProductList:
    """The list in a file, PEM or C2PA's JSON; see `provenance.trust.documents.parse`.

    Raises TrustListInvalid for a file that is missing, unreadable or no list; the sentence names the file.
    """
    try:
        with path.open("rb") as file:
            document = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise TrustListInvalid(f"The trust list {path.name} cannot be read: {reason}.") from error
    return parse(
        document, file_name=path.name, name=name, kind=kind, version=version, source=str(path.absolute())
    )


def store_of(found: Iterable[TrustList | ProductList]) -> TrustStore:
    """A store of the lists, in their order, each under a name of its own: a report tells lists apart by name
    alone, so the second `root` is called `root 2`.
    """
    lists: list[TrustList] = []
    products: list[ProductList] = []
    for each in found:
        if isinstance(each, ProductList):
            products.append(each)
            continue
        taken = {known.name for known in lists}
        free = (f"{each.name[:70]} {number}" for number in range(2, len(taken) + 3))
        name = each.name if each.name not in taken else next(n for n in free if n not in taken)
        lists.append(replace(each, name=name))
    return TrustStore(tuple(lists), tuple(products))
