"""The trust lists of this installation, as the command line shows and changes them."""

from pathlib import Path
from typing import Any

from cryptography import x509
from rich.table import Table

from provenance import queries
from provenance.errors import ProvenanceError
from provenance.flows import trust as flow
from provenance.models import TrustListRow
from provenance.trust.files import load_list
from provenance.trust.lists import ListKind
from service.cli.safe import safe
from service.cli.verb import usage


def add(path: Path, name: str | None, kind: str | None, version: str) -> TrustListRow:
    """Put the PEM file's authorities in force under `name` (default: the file's). Raises CommandError."""
    try:
        found = load_list(path, name, ListKind(kind) if kind else None)
        return flow.add_list(found.name, found.kind, found.pem, version)
    except ProvenanceError as error:
        raise usage(f"{safe(error)}") from error


def remove(name: str, kind: str | None) -> int:
    """Put the list of that name out of force; how many were. Raises CommandError."""
    try:
        return flow.remove_list(name, kind)
    except ProvenanceError as error:
        raise usage(f"{safe(error)}") from error


def lists() -> list[dict[str, Any]]:
    """The lists in force as JSON-ready values; `authorities` are the certificates' subjects."""
    return [
        {
            "name": row.name,
            "kind": row.kind,
            "version": row.version,
            "sha256": row.sha256,
            "authorities": [
                certificate.subject.rfc4514_string()
                for certificate in x509.load_pem_x509_certificates(bytes(row.pem))
            ],
        }
        for row in queries.active_trust_lists()
    ]


def table(found: list[dict[str, Any]]) -> Table:
    """The lists in force for people."""
    shown = Table("name", "kind", "version", "authorities", "sha256")
    for each in found:
        authorities = [safe(subject) for subject in each["authorities"][:5]]
        if len(each["authorities"]) > 5:
            authorities.append(f"and {len(each['authorities']) - 5} more")
        shown.add_row(
            safe(each["name"]),
            each["kind"],
            safe(each["version"]),
            "\n".join(authorities),
            each["sha256"][:16],
        )
    return shown
