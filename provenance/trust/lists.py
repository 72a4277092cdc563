"""Trust lists: which certificate authorities may vouch, under which name, in which version."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509

from provenance.errors import TrustListInvalid
from provenance.trust import certificates as certs
from provenance.trust.fields import check_size
from provenance.trust.products import Product, ProductList

OFFICIAL = "C2PA Trust List"
"""The name that C2PA's own list of claim signers' authorities gives itself."""

_NAME = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}\Z")
_URI_PREFIX = "urn:assay:trust-list:"
_MAX_VERSION = 80


class ListKind(StrEnum):
    """What a list's authorities vouch for: claim signers, or the time."""

    MANIFEST = "manifest"
    TSA = "tsa"


@dataclass(frozen=True, slots=True)
class TrustList:
    """One version of the certificates under one name.

    `pem` holds the authorities, each once, ordered by fingerprint; `sha256` is the hex digest of `pem`, so a
    list has one digest whichever form it came in. `sequence`, `issued` and `next_update` are what the list
    says of itself, None where it says nothing, as PEM does. `source` is where it came from, a path or an
    address. `left_out` has a sentence for each certificate that the source names and `pem` does not hold.
    """

    name: str
    kind: ListKind
    pem: bytes
    sha256: str
    version: str = ""
    issued: datetime | None = None
    next_update: datetime | None = None
    source: str = ""
    sequence: int | None = None
    left_out: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The name that the reader reports when a chain ends in this list."""
        return _URI_PREFIX + self.name.replace(" ", "%20")

    @property
    def is_official(self) -> bool:
        """Whether this is C2PA's list of claim signers' authorities, by the name that it has here."""
        return self.kind is ListKind.MANIFEST and _plain(self.name) == _plain(OFFICIAL)

    def certificates(self) -> list[x509.Certificate]:
        """The authorities, expired ones among them."""
        return certs.from_pem(self.pem)

    def expired(self, now: datetime | None = None) -> list[x509.Certificate]:
        """The authorities whose time is over: they stay in the list and vouch for nobody."""
        now = now or datetime.now(UTC)
        return [each for each in self.certificates() if certs.is_expired(each, now)]

    def is_overdue(self, now: datetime | None = None) -> bool:
        """Whether the list itself says that there should be a newer one by now."""
        return self.next_update is not None and self.next_update < (now or datetime.now(UTC))

    def anchor(self, now: datetime | None = None) -> dict[str, str]:
        """The SDK's trust anchor object of this list, without the authorities whose time is over."""
        now = now or datetime.now(UTC)
        current = [each for each in self.certificates() if not certs.is_expired(each, now)]
        return {
            "trust_anchors": certs.to_pem(current).decode(),
            "trust_uri": self.uri,
            "trust_kind": self.kind.value,
        }


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The lists in force. An empty store is lawful: then nobody's credentials read as trusted."""

    lists: tuple[TrustList, ...] = ()
    products: tuple[ProductList, ...] = ()

    def anchors(self, kind: ListKind | None = None) -> list[dict[str, str]]:
        """The lists, of one kind or of all, as the SDK's trust anchor objects; none for a list whose
        authorities have all expired.
        """
        found = [trust_list.anchor() for trust_list in self.lists if kind in (None, trust_list.kind)]
        return [anchor for anchor in found if anchor["trust_anchors"]]

    @property
    def vouches_for_time(self) -> bool:
        """Whether any list names time-stamping authorities."""
        return any(trust_list.kind is ListKind.TSA for trust_list in self.lists)

    def by_uri(self, uri: str | None) -> TrustList | None:
        """The list that the reader reported by `uri`; of two, the one of claim signers' authorities."""
        found = [item for item in self.lists if item.uri == uri]
        return min(found, key=lambda item: item.kind is not ListKind.MANIFEST, default=None)

    def named(self, uri: str | None) -> str | None:
        """The name of the list that the reader reported by `uri`."""
        found = self.by_uri(uri)
        return found.name if found else None

    def product(
        self,
        common_name: str | None,
        organisation: str | None = None,
        unit: str | None = None,
        country: str | None = None,
    ) -> Product | None:
        """The conforming product whose listed name (CN, O, OU, C) is the certificate's, from the first list
        that has it. All four count; case and spacing do not (RFC 5280 section 7.1); an absent part is empty.

        Anybody can print any name in a certificate. Believe the answer only of a signer that the official
        list vouches for (`TrustList.is_official`): its authorities give these names to these products alone.
        """
        for products in self.products:
            found = products.product(common_name, organisation, unit, country)
            if found is not None:
                return found
        return None


def check_name(name: str, version: str = "") -> None:
    """Raises TrustListInvalid for a name beyond letters, digits, space and . _ -, or a version too long."""
    if not _NAME.match(name):
        raise TrustListInvalid("A trust list's name has 1 to 80 letters, digits, spaces and . _ - only.")
    if len(version) > _MAX_VERSION:
        raise TrustListInvalid(f"A trust list's version has at most {_MAX_VERSION} characters.")


def make_list(
    name: str,
    kind: ListKind | str,
    found: Sequence[x509.Certificate],
    version: str = "",
    *,
    left_out: Sequence[str] = (),
) -> TrustList:
    """A list of the authorities among the certificates `found`.

    Raises TrustListInvalid for a bad name or kind, `trust_list_empty` where there is no authority.
    """
    check_name(name, version)
    try:
        kind = ListKind(kind)
    except ValueError as error:
        raise TrustListInvalid("A trust list is of kind manifest or tsa.", code="trust_list_kind") from error
    kept, others = certs.authorities(found)
    if not kept:
        raise TrustListInvalid(
            "The trust list names no certificate authority. An authority's certificate says CA:TRUE.",
            code="trust_list_empty",
        )
    pem = certs.to_pem(kept)
    digest = hashlib.sha256(pem).hexdigest()
    return TrustList(name, kind, pem, digest, version, left_out=(*left_out, *others))


def parse_pem(name: str, kind: ListKind | str, pem: bytes, version: str = "") -> TrustList:
    """A list of the PEM certificates in `pem`, comments between them allowed and dropped.

    Raises TrustListInvalid as `make_list` does, for bytes that hold no certificate or a broken one, and for
    more than 8 MiB.
    """
    check_size(pem)
    return make_list(name, kind, certs.from_pem(pem), version)


def _plain(name: str) -> str:
    return " ".join(re.split(r"[^a-z0-9]+", name.lower())).strip()
