"""The trust lists of a verification without a service: TRUST_LISTS and --trust, from files alone."""

import re
from collections.abc import Iterable
from pathlib import Path

from provenance.errors import ProvenanceError
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from service.cli.safe import safe
from service.cli.verb import usage

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9 ._-]+")


def trust_store(files: Iterable[Path]) -> TrustStore:
    """Each file as a list named after it. Raises CommandError (wrong usage) for one that is no PEM."""
    lists = []
    for number, path in enumerate(files, start=1):
        try:
            pem = path.read_bytes()
            lists.append(
                parse_pem(_name(path, number, {known.name for known in lists}), ListKind.MANIFEST, pem)
            )
        except OSError as error:
            raise usage(f"The trust list {safe(path)} cannot be read: {error.strerror}.") from error
        except ProvenanceError as error:
            raise usage(f"{safe(path)}: {error}") from error
    return TrustStore(tuple(lists))


def _name(path: Path, number: int, taken: set[str]) -> str:
    name = _NOT_IN_A_NAME.sub("-", path.stem).strip(" ._-")[:70] or f"list {number}"
    return name if name not in taken else f"{name} {number}"
