"""Trust lists: which certificate authorities may vouch, under which name, in which version."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from provenance.errors import TrustListInvalid

_NAME = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}\Z")
_URI_PREFIX = "urn:assay:trust-list:"
_MAX_BYTES = 8 * 1024 * 1024


class ListKind(StrEnum):
    """What a list's authorities vouch for: claim signers, or the time."""

    MANIFEST = "manifest"
    TSA = "tsa"


@dataclass(frozen=True, slots=True)
class TrustList:
    """Certificates under one name. `pem` holds one or more; `sha256` is the hex digest of `pem`."""

    name: str
    kind: ListKind
    pem: bytes
    sha256: str
    version: str = ""

    @property
    def uri(self) -> str:
        """The name that the reader reports when a chain ends in this list."""
        return _URI_PREFIX + self.name.replace(" ", "%20")

    def anchor(self) -> dict[str, str]:
        """The SDK's trust anchor object of this list."""
        return {"trust_anchors": self.pem.decode(), "trust_uri": self.uri, "trust_kind": self.kind.value}


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The lists in force. An empty store is lawful: then nobody's credentials read as trusted."""

    lists: tuple[TrustList, ...] = ()

    def anchors(self, kind: ListKind | None = None) -> list[dict[str, str]]:
        """The lists, of one kind or of all, as the SDK's trust anchor objects."""
        return [trust_list.anchor() for trust_list in self.lists if kind in (None, trust_list.kind)]

    @property
    def vouches_for_time(self) -> bool:
        """Whether any list names time-stamping authorities."""
        return any(trust_list.kind is ListKind.TSA for trust_list in self.lists)

    def named(self, uri: str | None) -> str | None:
        """The name of the list that the reader reported by `uri`."""
        return next((item.name for item in self.lists if item.uri == uri), None)


def parse_pem(name: str, kind: ListKind | str, pem: bytes, version: str = "") -> TrustList:
    """A list of the PEM certificates in `pem`, comments between them allowed and dropped.

    Raises TrustListInvalid for a name beyond letters, digits, space and . _ -, for bytes that hold no
    certificate or a broken one, and for more than 8 MiB.
    """
    if not _NAME.match(name):
        raise TrustListInvalid("A trust list's name has 1 to 80 letters, digits, spaces and . _ - only.")
    if len(pem) > _MAX_BYTES:
        raise TrustListInvalid("The trust list is over 8 MiB.")
    try:
        kind = ListKind(kind)
    except ValueError as error:
        raise TrustListInvalid("A trust list is of kind manifest or tsa.") from error
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise TrustListInvalid("The trust list holds no readable PEM certificate.") from error
    from cryptography.hazmat.primitives.serialization import Encoding

    clean = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
    return TrustList(name, kind, clean, hashlib.sha256(clean).hexdigest(), version)
