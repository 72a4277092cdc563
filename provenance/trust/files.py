"""Trust lists from PEM files, for a command line without a database."""

import re
from pathlib import Path

from provenance.errors import TrustListInvalid
from provenance.trust.lists import ListKind, TrustList, parse_pem

_TSA_SUFFIX = ".tsa"
_UNFIT = re.compile(r"[^A-Za-z0-9 ._-]+")


def load_list(path: Path, name: str | None = None, kind: ListKind | None = None) -> TrustList:
    """The list in a PEM file, named after the file where no name is given.

    A file called `NAME.tsa.pem` holds time-stamping authorities, any other claim-signing ones, unless `kind`
    says. Raises TrustListInvalid for a file that is missing, unreadable or no list.
    """
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise TrustListInvalid(f"The trust list {path.name} cannot be read: {error.strerror}.") from error
    stem = path.stem
    if kind is None:
        kind = ListKind.TSA if stem.lower().endswith(_TSA_SUFFIX) else ListKind.MANIFEST
    return parse_pem(name or _UNFIT.sub("-", stem).strip("-. ")[:80] or "list", kind, pem)
