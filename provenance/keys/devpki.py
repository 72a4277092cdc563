"""A development certificate chain: root → intermediate → claim signer, made on first start.

Profile: C2PA 2.4 section 14.5.1 and the conformance programme's claim-signing leaf (v3, CA:FALSE, AKI, SKI,
keyUsage digitalSignature, EKU claim signing). Every name says "FOR TESTING_ONLY", and `is_development`
recognises it, so that a production start can refuse it. The signer's certificate is renewed when its end
is near; the certificates before it stay in `retired/`, and the root, which others may have taken into their
trust list, stays the same.
"""

import datetime
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provenance.keys import profile
from provenance.keys.profile import CLAIM_SIGNING

CHAIN_FILE = "chain.pem"
KEY_FILE = "signer.key"
ROOT_FILE = "root.pem"
ROOT_KEY_FILE = "root.key"
INTERMEDIATE_KEY_FILE = "intermediate.key"
RETIRED_FOLDER = "retired"
ORGANISATION = "Assay development"

_ROOT_DAYS = 3650
_INTERMEDIATE_DAYS = 1825
_LEAF_DAYS = 365


def create(folder: Path, organisation: str = ORGANISATION) -> None:
    """Make the chain in `folder` (0700); do nothing where a complete one lies already.

    Writes `chain.pem` (leaf, intermediate), `root.pem` (the trust anchor) and three keys, PKCS #8 PEM, 0600.
    Files appear by rename, the chain last, so that a killed start is taken up again by the next.
    """
    if (folder / CHAIN_FILE).exists() and (folder / KEY_FILE).exists() and (folder / ROOT_FILE).exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    root_key, middle_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root_name, middle_name = _name(organisation, "root"), _name(organisation, "intermediate")
    root = _authority(root_name, root_name, root_key, root_key, days=_ROOT_DAYS, path_length=1)
    middle = _authority(middle_name, root_name, middle_key, root_key, days=_INTERMEDIATE_DAYS, path_length=0)
    leaf = _leaf(_name(organisation, "claim signer"), middle_name, leaf_key, middle_key)
    _write(folder / ROOT_KEY_FILE, _pkcs8(root_key), 0o600)
    _write(folder / INTERMEDIATE_KEY_FILE, _pkcs8(middle_key), 0o600)
    _write(folder / KEY_FILE, _pkcs8(leaf_key), 0o600)
    _write(folder / ROOT_FILE, _pem(root), 0o644)
    _write(folder / CHAIN_FILE, _pem(leaf) + _pem(middle), 0o644)


def is_development(chain_pem: bytes) -> bool:
    """Whether any certificate of this PEM chain names itself a development one.

    Raises KeyMaterialInvalid where the bytes hold no certificate.
    """
    return any(profile.is_development(certificate) for certificate in profile.chain_of(chain_pem))


def renew(folder: Path, now: datetime.datetime | None = None) -> bool:
    """Issue the signer's certificate anew where less than RENEW_WITHIN of it is left; whether it was.

    The key stays, so that the new chain replaces the old in one rename and no reader finds a mismatch. The
    old chain is kept as `retired/SERIAL.pem`. Raises OSError, and TypeError or ValueError where the keys are
    not those of `create`.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    old = (folder / CHAIN_FILE).read_bytes()
    leaf, middle = x509.load_pem_x509_certificates(old)[:2]
    if leaf.not_valid_after_utc - now >= profile.RENEW_WITHIN:
        return False
    leaf_key, middle_key = _key(folder / KEY_FILE), _key(folder / INTERMEDIATE_KEY_FILE)
    if middle.not_valid_after_utc - now < datetime.timedelta(days=_LEAF_DAYS):
        root_key = _key(folder / ROOT_KEY_FILE)
        middle = _authority(
            middle.subject,
            middle.issuer,
            middle_key,
            root_key,
            days=_INTERMEDIATE_DAYS,
            path_length=0,
            now=now,
        )
    renewed = _leaf(leaf.subject, middle.subject, leaf_key, middle_key, now=now)
    (folder / RETIRED_FOLDER).mkdir(mode=0o700, exist_ok=True)
    _write(folder / RETIRED_FOLDER / f"{leaf.serial_number:x}.pem", old, 0o644)
    _write(folder / CHAIN_FILE, _pem(renewed) + _pem(middle), 0o644)
    return True


def _name(organisation: str, role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, profile.DEVELOPMENT_UNIT),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} {role}"[:64]),
        ]
    )


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days: int,
    now: datetime.datetime | None,
) -> x509.CertificateBuilder:
    now = now or datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A clock that was an hour fast on the first start must not make the chain "not yet valid".
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signing,
        crl_sign=not signing,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    days: int,
    path_length: int,
    now: datetime.datetime | None = None,
) -> x509.Certificate:
    return (
        _draft(subject, issuer, key, days, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(signing=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _leaf(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime | None = None,
) -> x509.Certificate:
    return (
        _draft(subject, issuer, key, _LEAF_DAYS, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signing=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} is not the key that was made here.")
    return key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pkcs8(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write through a temporary file born with `mode`: a key is not readable by others even briefly."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
