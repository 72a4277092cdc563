"""A certificate authority for tests: claim signers of every kind, good and bad, and what it says of them.

    authority = Authority.create("Die Zeitung")          root → intermediate
    signer = authority.issue(Leaf(ends=timedelta(seconds=2)))
    writer = ManifestWriter(signer.claim_signer(), inspector)
    response = ocsp_response(authority, signer.certificate, Answer.REVOKED)

Profiles: C2PA 2.4 section 14.5.1 and the conformance programme's leaf profiles. The servers are in
tests/pki_servers.py, stapling is in tests/stapling.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner, PrivateKey, SigningAlgorithm, algorithm_of, pkcs8

POLICY = x509.ObjectIdentifier("1.3.6.1.4.1.62558.1.1")
CPL_RECORD = x509.ObjectIdentifier("1.3.6.1.4.1.62558.4")
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
CLAIM_USAGES = (CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)


class KeyKind(StrEnum):
    """The key kinds that C2PA allows a claim signer."""

    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"
    ED25519 = "Ed25519"
    RSA2048 = "RSA 2048"


class Part(StrEnum):
    """Extensions that a leaf can lack."""

    SUBJECT_KEY = "subject key identifier"
    AUTHORITY_KEY = "authority key identifier"
    KEY_USAGE = "key usage"
    EXTENDED_KEY_USAGE = "extended key usage"
    BASIC_CONSTRAINTS = "basic constraints"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What an authority is asked to certify. Times count from the issue; `organisation` may be a lookalike's.

    `record_id` puts the product's id in the list of conforming products into the certificate.
    """

    common_name: str = "Claim signer"
    organisation: str | None = None
    kind: KeyKind = KeyKind.P256
    begins: timedelta = timedelta(hours=-1)
    ends: timedelta = timedelta(days=90)
    usages: tuple[x509.ObjectIdentifier, ...] = CLAIM_USAGES
    ocsp_url: str | None = None
    record_id: str | None = None
    without: frozenset[Part] = frozenset()


@dataclass(frozen=True, slots=True)
class Signer:
    """A certified key with the chain above it: leaf, intermediate; the root apart."""

    certificate: x509.Certificate
    key: PrivateKey
    intermediate: x509.Certificate
    root: x509.Certificate

    @property
    def chain_pem(self) -> bytes:
        """Leaf and intermediate."""
        return pem(self.certificate) + pem(self.intermediate)

    @property
    def algorithm(self) -> SigningAlgorithm:
        """The COSE algorithm of the key."""
        return algorithm_of(self.key.public_key())

    def claim_signer(self, *tsa_urls: str) -> ClaimSigner:
        """The signer as the manifest writer takes it, whatever its certificate is worth."""
        return ClaimSigner(self.chain_pem, self.algorithm, pkcs8(self.key), tsa_urls=tsa_urls)

    def write(self, folder: Path) -> Path:
        """chain.pem, signer.key and root.pem as `file:` signers lie on disk; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / devpki.CHAIN_FILE).write_bytes(self.chain_pem)
        (folder / devpki.ROOT_FILE).write_bytes(pem(self.root))
        key_file = folder / devpki.KEY_FILE
        key_file.touch(mode=0o600)
        key_file.write_bytes(pkcs8(self.key))
        return folder


@dataclass(frozen=True, slots=True)
class Authority:
    """A root and the intermediate that issues leaves."""

    organisation: str
    root: x509.Certificate
    root_key: PrivateKey
    intermediate: x509.Certificate
    intermediate_key: PrivateKey

    @classmethod
    def create(cls, organisation: str = "Test newsroom", kind: KeyKind = KeyKind.P256) -> Self:
        """A new authority; two of the same organisation print the same names with other keys."""
        root_key, middle_key = new_key(kind), new_key(kind)
        root_name, middle_name = name(organisation, "Root"), name(organisation, "Intermediate")
        years = timedelta(days=3650)
        draft = _draft(root_name, root_name, root_key, -years, years)
        root = _sign(_authority(draft, 1), root_key)
        draft = _draft(middle_name, root_name, middle_key, -years, years)
        middle = _sign(_authority(draft, 0), root_key)
        return cls(organisation, root, root_key, middle, middle_key)

    @property
    def root_pem(self) -> bytes:
        """The trust anchor."""
        return pem(self.root)

    def issue(self, leaf: Leaf | None = None) -> Signer:
        """A leaf as described, signed by the intermediate."""
        leaf = leaf or Leaf()
        key = new_key(leaf.kind)
        subject = name(leaf.organisation or self.organisation, leaf.common_name)
        draft = _draft(subject, self.intermediate.subject, key, leaf.begins, leaf.ends, leaf.without)
        for part, extension, critical in _leaf_extensions(leaf):
            if part not in leaf.without:
                draft = draft.add_extension(extension, critical=critical)
        certificate = _sign(draft, self.intermediate_key, leaf.without)
        return Signer(certificate, key, self.intermediate, self.root)


class Answer(StrEnum):
    """What an OCSP responder says."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    REFUSED = "refused"  # a well-formed response with an error status (RFC 6960 section 4.2.1)
    GARBAGE = "garbage"
    DOWN = "down"


_CERT_STATUS = {
    Answer.GOOD: ocsp.OCSPCertStatus.GOOD,
    Answer.REVOKED: ocsp.OCSPCertStatus.REVOKED,
    Answer.UNKNOWN: ocsp.OCSPCertStatus.UNKNOWN,
}


def ocsp_response(
    authority: Authority,
    certificate: x509.Certificate,
    answer: Answer = Answer.GOOD,
    *,
    revoked_at: datetime | None = None,
    reason: x509.ReasonFlags | None = x509.ReasonFlags.key_compromise,
    made: timedelta = timedelta(minutes=-5),
    lasts: timedelta = timedelta(days=1),
    responder: Signer | None = None,
    forged: bool = False,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A DER response about `certificate`, signed by the intermediate itself or by a `responder` it certified.

    `made` counts from now, `lasts` from then; `forged` signs with a lookalike's key; `algorithm` is
    that of the CertID, SHA-1 if not said, as everybody does.
    """
    if answer is Answer.GARBAGE:
        return b"no OCSP response at all"
    if answer not in _CERT_STATUS:
        status = ocsp.OCSPResponseStatus.TRY_LATER
        return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(serialization.Encoding.DER)
    this_update = datetime.now(UTC) + made
    revoked = answer is Answer.REVOKED
    draft = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=authority.intermediate,
        algorithm=algorithm or hashes.SHA1(),
        cert_status=_CERT_STATUS[answer],
        this_update=this_update,
        next_update=this_update + lasts,
        revocation_time=(revoked_at or this_update - timedelta(hours=1)) if revoked else None,
        revocation_reason=reason if revoked else None,
    )
    speaker, key = authority.intermediate, authority.intermediate_key
    if responder:
        speaker, key = responder.certificate, responder.key
        draft = draft.certificates([speaker])
    elif forged:
        lookalike = Authority.create(authority.organisation)
        speaker, key = lookalike.intermediate, lookalike.intermediate_key
    draft = draft.responder_id(ocsp.OCSPResponderEncoding.HASH, speaker)
    return draft.sign(key, _hash_for(key)).public_bytes(serialization.Encoding.DER)


def ocsp_signer(authority: Authority) -> Signer:
    """A responder certificate (RFC 6960 section 4.2.2.2)."""
    return authority.issue(Leaf("OCSP responder", usages=(ExtendedKeyUsageOID.OCSP_SIGNING,)))


def stand_in(authority: Authority, serial: int) -> x509.Certificate:
    """A certificate to answer an OCSP request with: that names issuer and serial number, nothing else."""
    key = authority.intermediate_key
    nobody, day = name("-", "-"), timedelta(days=1)
    draft = _draft(nobody, authority.intermediate.subject, key, timedelta(0), day, serial=serial)
    return draft.sign(key, _hash_for(key))


def new_key(kind: KeyKind) -> PrivateKey:
    """A fresh key."""
    if kind is KeyKind.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    if kind is KeyKind.RSA2048:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curves = {KeyKind.P256: ec.SECP256R1(), KeyKind.P384: ec.SECP384R1(), KeyKind.P521: ec.SECP521R1()}
    return ec.generate_private_key(curves[kind])


def name(organisation: str, common_name: str) -> x509.Name:
    """C, O, CN, as the profiles ask; no unit, so nothing here reads as a development chain."""
    parts = (NameOID.COUNTRY_NAME, "ZZ"), (NameOID.ORGANIZATION_NAME, organisation)
    return x509.Name([x509.NameAttribute(o, v) for o, v in (*parts, (NameOID.COMMON_NAME, common_name))])


def pem(certificate: x509.Certificate) -> bytes:
    """One certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    begins: timedelta,
    ends: timedelta,
    without: frozenset[Part] = frozenset(),
    serial: int | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    draft = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )
    if Part.SUBJECT_KEY in without:
        return draft
    return draft.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _authority(draft: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    return draft.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    ).add_extension(_usage(authority=True), critical=True)


def _leaf_extensions(leaf: Leaf) -> Iterator[tuple[Part | None, x509.ExtensionType, bool]]:
    yield Part.BASIC_CONSTRAINTS, x509.BasicConstraints(ca=False, path_length=None), True
    yield Part.KEY_USAGE, _usage(authority=False), True
    # RFC 3161 section 2.3: a time-stamping authority's is critical.
    critical = leaf.usages == (ExtendedKeyUsageOID.TIME_STAMPING,)
    yield Part.EXTENDED_KEY_USAGE, x509.ExtendedKeyUsage(leaf.usages), critical
    yield None, x509.CertificatePolicies([x509.PolicyInformation(POLICY, None)]), False
    if leaf.ocsp_url:
        address = x509.UniformResourceIdentifier(leaf.ocsp_url)
        where = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, address)
        yield None, x509.AuthorityInformationAccess([where]), False
    if leaf.record_id:
        content = leaf.record_id.encode()
        yield None, x509.UnrecognizedExtension(CPL_RECORD, bytes([12, len(content)]) + content), False


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(
    draft: x509.CertificateBuilder,
    issuer: PrivateKey,
    without: frozenset[Part] = frozenset(),
) -> x509.Certificate:
    if Part.AUTHORITY_KEY not in without:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
        draft = draft.add_extension(identifier, critical=False)
    return draft.sign(issuer, _hash_for(issuer))


def _hash_for(key: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
