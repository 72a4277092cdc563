"""The certificates of a trust list: which may stand as authorities, and what is said of the others."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from provenance.errors import TrustListInvalid
from provenance.trust.fields import printable

# C2PA 2.4 section 14.5.1.1; RFC 3161 section 2.3 for the clocks.
_CLAIM_SIGNING = frozenset({"1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36"})
_TIME_STAMPING = frozenset({"1.3.6.1.5.5.7.3.8"})
# What the library raises, now or when a part is first looked at, for a certificate it cannot make sense of.
_UNREADABLE = (
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate's DER, lower-case hex."""
    return certificate.fingerprint(SHA256()).hex()


def subject(certificate: x509.Certificate) -> str:
    """The subject as RFC 4514 writes it, made printable. Whoever made the certificate chose it: escape it
    where it is shown.
    """
    try:
        return printable(certificate.subject.rfc4514_string())
    except _UNREADABLE:
        return f"unreadable name, SHA-256 {fingerprint(certificate)[:16]}"


def authorities(found: Iterable[x509.Certificate]) -> tuple[tuple[x509.Certificate, ...], tuple[str, ...]]:
    """The authorities among certificates, each once, by fingerprint; and a sentence for each one left out.

    The order is ours, so a list is the same list in whichever order or form it was published.
    """
    kept: dict[str, x509.Certificate] = {}
    left_out = []
    for certificate in found:
        print_of_it = fingerprint(certificate)
        if print_of_it in kept:
            left_out.append(f"{subject(certificate)}: named twice, kept once.")
        elif not _is_authority(certificate):
            left_out.append(f"{subject(certificate)}: not a certificate authority, left out.")
        else:
            kept[print_of_it] = certificate
    return tuple(kept[each] for each in sorted(kept)), tuple(left_out)


def is_expired(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether the certificate's time is over."""
    return certificate.not_valid_after_utc < now


def to_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """The certificates as PEM, nothing between them."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def from_pem(pem: bytes) -> list[x509.Certificate]:
    """The certificates in PEM text. Raises TrustListInvalid where there is none, or a broken one."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except _UNREADABLE as error:
        raise TrustListInvalid("The trust list holds no readable PEM certificate.") from error


def from_der(der: bytes) -> x509.Certificate | None:
    """The certificate, or None where the bytes are none."""
    try:
        return x509.load_der_x509_certificate(der)
    except _UNREADABLE:
        return None


def are_clocks(certificates: Iterable[x509.Certificate]) -> bool:
    """Whether the certificates' extended key usages tell of time stamping and of no claim signing."""
    usages = frozenset[str]().union(*map(_usages, certificates))
    return bool(usages & _TIME_STAMPING) and not usages & _CLAIM_SIGNING


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return False


def _usages(certificate: x509.Certificate) -> frozenset[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return frozenset()
    return frozenset(usage.dotted_string for usage in found)
