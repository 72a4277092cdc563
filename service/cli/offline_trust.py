"""The trust lists of a verification without a service: TRUST_LISTS and --trust, from files alone."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from provenance.errors import ProvenanceError
from provenance.trust.files import load, store_of
from provenance.trust.lists import TrustList, TrustStore
from provenance.trust.products import ProductList
from service.cli.safe import safe
from service.cli.verb import usage


def trust_store(files: Iterable[Path]) -> TrustStore:
    """Each file as a list: PEM, or C2PA's JSON of trusted entities or conforming products.

    Raises CommandError (wrong usage) for one that is none of these.
    """
    return store_of(_loaded(files))


def _loaded(files: Iterable[Path]) -> Iterator[TrustList | ProductList]:
    for path in files:
        try:
            yield load(path)
        except ProvenanceError as error:
            raise usage(f"{safe(path)}: {safe(error)}") from error
