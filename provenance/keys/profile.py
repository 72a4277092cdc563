"""Whether a certificate chain may sign claims: the certificate profile of C2PA 2.4 section 14.5.1.

A validator rejects every claim of a signer that is outside the profile, so it is looked at before the first
claim is made. Each failure has a code of its own (`signer_profile_…`) and a sentence that says what to ask
the certificate authority for.
"""

import datetime
import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from provenance.errors import KeyMaterialInvalid
from provenance.keys.signer import SigningAlgorithm, algorithm_of

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
DEVELOPMENT_UNIT = "FOR TESTING_ONLY"
"""The organisational unit by which a development certificate says what it is."""
RENEW_WITHIN = datetime.timedelta(days=30)
"""With less time left, whoever runs the service is told to renew."""

_ALLOWED_PURPOSES = frozenset({CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING})
# Each of these must stand alone (section 14.5.1.1): a clock's or a responder's certificate signs no claims.
_LONE_PURPOSES = frozenset({ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING})
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
        SignatureAlgorithmOID.RSASSA_PSS,
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.ED25519,
    }
)

Kind = TypeVar("Kind", bound=x509.ExtensionType)


class Validity(StrEnum):
    """Where a moment lies in a certificate's lifetime; `ends_soon` is valid too."""

    VALID = "valid"
    ENDS_SOON = "ends_soon"
    NOT_YET = "not_yet_valid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a chain that keeps to the profile says of itself; times are aware UTC.

    The validity is that of the whole chain: the latest beginning and the earliest end.
    """

    subject: str
    organisation: str
    issuer: str
    serial: str
    algorithm: SigningAlgorithm
    not_before: datetime.datetime
    not_after: datetime.datetime
    development: bool

    def validity(self, now: datetime.datetime) -> Validity:
        """Where `now` lies; `ends_soon` within RENEW_WITHIN of the end."""
        if now < self.not_before:
            return Validity.NOT_YET
        if now >= self.not_after:
            return Validity.EXPIRED
        return Validity.ENDS_SOON if self.not_after - now < RENEW_WITHIN else Validity.VALID

    def require_valid(self, now: datetime.datetime) -> None:
        """Raises KeyMaterialInvalid `signer_profile_expired`, `signer_profile_not_yet_valid`."""
        match self.validity(now):
            case Validity.EXPIRED:
                _refuse(
                    "expired",
                    f"The signing certificate of {self.subject} expired on {self.not_after:%Y-%m-%d}: renew"
                    " it and name the new one in SIGNER_URL.",
                )
            case Validity.NOT_YET:
                _refuse(
                    "not_yet_valid",
                    f"The signing certificate of {self.subject} is valid only from"
                    f" {self.not_before:%Y-%m-%d %H:%M} UTC: check this machine's clock, or keep the"
                    " old one in SIGNER_URL until then.",
                )


def chain_of(chain_pem: bytes) -> list[x509.Certificate]:
    """The certificates, leaf first. Raises KeyMaterialInvalid `signer_profile_no_certificate`."""
    try:
        return x509.load_pem_x509_certificates(chain_pem)
    except ValueError:
        _refuse("no_certificate", "The certificate chain is not PEM.")


def examine(chain_pem: bytes) -> Profile:
    """Check leaf and chain against the profile; whether it is valid now is `Profile.require_valid`'s to say.

    Raises KeyMaterialInvalid, its code `signer_profile_` and one of `no_certificate`, `version`,
    `signature_algorithm`, `key`, `authority`, `authority_key_id`, `key_usage`, `no_purpose`, `any_purpose`,
    `purpose`, `extension`, `chain_order`, `chain_authority`, `chain_signature`.
    """
    chain = chain_of(chain_pem)
    leaf = chain[0]
    try:
        _check_leaf(leaf)
        _check_chain(chain)
    except (ValueError, x509.DuplicateExtension) as error:
        raise KeyMaterialInvalid(
            "The signing certificate has an extension that cannot be read: ask for another certificate.",
            code="signer_profile_extension",
        ) from error
    return Profile(
        subject=_name(leaf.subject),
        organisation=_attribute(leaf.subject, NameOID.ORGANIZATION_NAME),
        issuer=_name(leaf.issuer),
        serial=f"{leaf.serial_number:x}",
        algorithm=algorithm_of(leaf.public_key()),
        not_before=max(each.not_valid_before_utc for each in chain),
        not_after=min(each.not_valid_after_utc for each in chain),
        development=any(is_development(each) for each in chain),
    )


def is_development(certificate: x509.Certificate) -> bool:
    """Whether the certificate, or who issued it, names itself a development one."""
    return any(
        isinstance(attribute.value, str) and DEVELOPMENT_UNIT in attribute.value
        for name in (certificate.subject, certificate.issuer)
        for attribute in name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    )


def _check_leaf(leaf: x509.Certificate) -> None:
    if leaf.version is not x509.Version.v3:
        _refuse("version", "The signing certificate is not of X.509 version 3: ask for one that is.")
    _check_signature_algorithm(leaf)
    try:
        algorithm_of(leaf.public_key())
    except KeyMaterialInvalid as error:
        raise KeyMaterialInvalid(
            "The signing certificate's key is not P-256, P-384, P-521, Ed25519 or RSA of at least 2048 bits:"
            " make a new key and request a certificate for it.",
            code="signer_profile_key",
        ) from error
    constraints = _extension(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.value.ca:
        _refuse(
            "authority",
            "The first certificate of the chain is an authority's: the signer's own certificate comes first.",
        )
    if _extension(leaf, x509.AuthorityKeyIdentifier) is None:
        _refuse(
            "authority_key_id",
            "The signing certificate lacks the authority key identifier: ask its issuer for one that has it.",
        )
    _check_usage(leaf)
    _check_purposes(leaf)


def _check_signature_algorithm(certificate: x509.Certificate) -> None:
    hashed = certificate.signature_hash_algorithm
    weak = hashed is not None and not isinstance(hashed, _HASHES)
    if weak or certificate.signature_algorithm_oid not in _SIGNATURES:
        _refuse(
            "signature_algorithm",
            f"The certificate of {_name(certificate.subject)} is signed in a way that C2PA does not allow:"
            " ask for one signed with SHA-256 or better.",
        )


def _check_usage(leaf: x509.Certificate) -> None:
    usage = _extension(leaf, x509.KeyUsage)
    if usage is None or not usage.critical or not usage.value.digital_signature or usage.value.key_cert_sign:
        _refuse(
            "key_usage",
            "The signing certificate's key usage must be critical and hold digitalSignature, and not"
            " keyCertSign: ask its issuer for the C2PA claim-signing profile.",
        )


def _check_purposes(leaf: x509.Certificate) -> None:
    extension = _extension(leaf, x509.ExtendedKeyUsage)
    if extension is None:
        _refuse(
            "no_purpose",
            f"The signing certificate names no extended key usage: ask for {CLAIM_SIGNING.dotted_string}"
            " (claim signing).",
        )
    purposes = set(extension.value)
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes:
        _refuse(
            "any_purpose",
            "The signing certificate allows any use, which C2PA forbids: ask for one with"
            f" {CLAIM_SIGNING.dotted_string} (claim signing) alone.",
        )
    if not purposes & _ALLOWED_PURPOSES or purposes & _LONE_PURPOSES:
        _refuse(
            "purpose",
            "The signing certificate is issued for another purpose: ask for one with"
            f" {CLAIM_SIGNING.dotted_string} (claim signing), and not for time-stamping or OCSP.",
        )


def _check_chain(chain: list[x509.Certificate]) -> None:
    for issued, issuer in itertools.pairwise(chain):
        names = f"{_name(issued.subject)} by {_name(issuer.subject)}"
        if issued.issuer != issuer.subject:
            _refuse(
                "chain_order",
                f"The chain is out of order or has a gap at {names}: each certificate is followed by that of"
                " its issuer, the signer's own being the first.",
            )
        _check_signature_algorithm(issuer)
        constraints, usage = _extension(issuer, x509.BasicConstraints), _extension(issuer, x509.KeyUsage)
        if constraints is None or not constraints.value.ca or (usage and not usage.value.key_cert_sign):
            _refuse(
                "chain_authority", f"{_name(issuer.subject)} is in the chain and may issue no certificates."
            )
        try:
            issued.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            _refuse("chain_signature", f"The certificate of {names} does not carry that issuer's signature.")


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> x509.Extension[Kind] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _name(name: x509.Name) -> str:
    return _attribute(name, NameOID.COMMON_NAME) or name.rfc4514_string()


def _attribute(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""


def _refuse(code: str, sentence: str) -> NoReturn:
    raise KeyMaterialInvalid(sentence, code=f"signer_profile_{code}")
