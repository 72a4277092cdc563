"""A list from where the operator says it is: a file, or an address that is asked because they asked."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from provenance.errors import TrustListInvalid
from provenance.fetching.addresses import is_public
from provenance.fetching.client import fetch_bytes
from provenance.trust.documents import parse
from provenance.trust.fields import MAX_BYTES
from provenance.trust.files import load
from provenance.trust.lists import ListKind, TrustList
from provenance.trust.products import ProductList

SECONDS = 60.0


def is_address(where: str) -> bool:
    """Whether `where` is an http or https address rather than a file."""
    return where.lower().startswith(("http://", "https://"))


def bring(
    where: str,
    *,
    name: str | None = None,
    kind: ListKind | str | None = None,
    version: str = "",
    allow_private: bool = False,
) -> TrustList | ProductList:
    """The list at `where`. An address outside the public internet is asked only with `allow_private`.

    Raises TrustListInvalid as `provenance.trust.documents.parse` does, and `trust_list_insecure` for plain
    http; FetchFailed where the address gives nothing within 60 s and 8 MiB.
    """
    if not is_address(where):
        return load(Path(where), name, kind, version)
    if where.lower().startswith("http:") and not allow_private:
        raise TrustListInvalid(
            "Anybody on the way could change a list that is fetched over http: use https.",
            code="trust_list_insecure",
        )
    document = fetch_bytes(
        where,
        max_bytes=MAX_BYTES,
        seconds=SECONDS,
        allowed=(lambda _: True) if allow_private else is_public,
    )
    # Without the query, which may hold what should not be written down.
    address = urlsplit(where)
    return parse(
        document,
        file_name=unquote(address.path.rsplit("/", 1)[-1]) or (address.hostname or ""),
        name=name,
        kind=kind,
        version=version,
        source=f"{address.scheme}://{address.netloc}{address.path}",
    )
