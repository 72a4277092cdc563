"""The trust lists of a verification without a service: TRUST_LISTS and --trust, from files alone."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from provenance.errors import ProvenanceError
from provenance.trust.files import load_list
from provenance.trust.lists import TrustList, TrustStore
from service.cli.safe import safe
from service.cli.verb import usage


def trust_store(files: Iterable[Path]) -> TrustStore:
    """Each file as a list named after it. Raises CommandError (wrong usage) for one that is no PEM."""
    lists: list[TrustList] = []
    for number, path in enumerate(files, start=1):
        try:
            found = load_list(path)
        except ProvenanceError as error:
            raise usage(f"{safe(path)}: {error}") from error
        # The report names a list by its name alone: two files called root.pem must stay apart.
        taken = found.name in {known.name for known in lists}
        lists.append(replace(found, name=f"{found.name} {number}") if taken else found)
    return TrustStore(tuple(lists))
