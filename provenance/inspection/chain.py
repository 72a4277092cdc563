"""The certificates that a signer sent along (x5chain), parsed once for all the files it signed."""

import datetime
import threading
import warnings
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from provenance.assets.label import label as clean

_BROKEN = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class Subject:
    """The leaf's name as printed in it; anyone can print any name."""

    common_name: str | None
    organisation: str | None
    unit: str | None
    country: str | None

    @property
    def shown(self) -> str | None:
        """ "CN, O", without control, bidi or invisible characters."""
        printed = [clean(name.replace("/", "∕")) for name in (self.common_name, self.organisation) if name]
        return ", ".join(dict.fromkeys(printed)) or None


@dataclass(frozen=True, slots=True)
class Chain:
    """A signer's certificates in the order they came, the leaf first."""

    certificates: tuple[x509.Certificate, ...]
    subject: Subject

    @property
    def leaf(self) -> x509.Certificate:
        """The signing certificate."""
        return self.certificates[0]

    @property
    def valid_from(self) -> datetime.datetime:
        """From when the signing certificate counts, UTC."""
        return self.leaf.not_valid_before_utc

    @property
    def valid_to(self) -> datetime.datetime:
        """Until when the signing certificate counts, UTC."""
        return self.leaf.not_valid_after_utc


_loading = threading.Lock()


@lru_cache(maxsize=512)
def parsed(ders: tuple[bytes, ...]) -> Chain | None:
    """The chain of these DER certificates; None where there is none or one of them cannot be read."""
    try:
        # The library warns of odd serial numbers and the like; that belongs to no log of ours. The filter is
        # the whole process's, so one thread at a time.
        with _loading, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = tuple(_loaded(der) for der in ders)
        return Chain(found, _subject(found[0])) if found else None
    except _BROKEN:
        return None


def _loaded(der: bytes) -> x509.Certificate:
    """A certificate whose names and dates can be read: the library reads them when first asked."""
    found = x509.load_der_x509_certificate(der)
    _ = found.subject, found.issuer, found.not_valid_before_utc, found.not_valid_after_utc
    return found


@lru_cache(maxsize=4096)
def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the names match and `issuer`'s key signed `certificate`; False for anything unreadable."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except _BROKEN:
        return False
    return True


def covers(certificate: x509.Certificate, moment: datetime.datetime) -> bool:
    """Whether `moment` lies in the certificate's validity period, ends included."""
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def usages(certificate: x509.Certificate) -> frozenset[str]:
    """The extended key usages, dotted; empty where there are none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *_BROKEN):
        return frozenset()
    return frozenset(usage.dotted_string for usage in found)


def ocsp_address(certificate: x509.Certificate) -> str | None:
    """Where its authority answers questions of revocation (RFC 5280 section 4.2.2.1)."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *_BROKEN):
        return None
    return next(
        (
            str(one.access_location.value)
            for one in access
            if one.access_method == AuthorityInformationAccessOID.OCSP
            and isinstance(one.access_location, x509.UniformResourceIdentifier)
        ),
        None,
    )


def _subject(leaf: x509.Certificate) -> Subject:
    def first(oid: x509.ObjectIdentifier) -> str | None:
        found = [attribute.value for attribute in leaf.subject.get_attributes_for_oid(oid)]
        return next((value for value in found if isinstance(value, str)), None)

    return Subject(
        first(NameOID.COMMON_NAME),
        first(NameOID.ORGANIZATION_NAME),
        first(NameOID.ORGANIZATIONAL_UNIT_NAME),
        first(NameOID.COUNTRY_NAME),
    )
