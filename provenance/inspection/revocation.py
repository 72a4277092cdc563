"""Whether a signer's certificate was revoked: OCSP answers (RFC 6960), stapled or fetched, read by ourselves.

An answer counts if the certificate's own issuer signed it, or a responder that this issuer certified for
id-kp-OCSPSigning; if its certificate id names exactly this certificate; and if its time fits (C2PA 2.4
section 15.9): for a signature with a trusted time stamp the answer must not have run out before that time,
for any other it must be in force now. That a certificate is revoked stays true however old the answer is.
Anything else says nothing: unknown, with a code that tells why.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from provenance.errors import ProvenanceError
from provenance.inspection import chain as chains
from provenance.inspection.inspection import Revocation

Fetch = Callable[..., bytes]
"""`fetch(url, *, body=None, content_type=None, max_bytes, seconds) -> bytes`, raising ProvenanceError."""

GOOD = "signingCredential.ocsp.notRevoked"
REVOKED = "signingCredential.ocsp.revoked"
UNKNOWN = "signingCredential.ocsp.unknown"
INACCESSIBLE = "signingCredential.ocsp.inaccessible"
MALFORMED = "assay.ocspMalformed"
FORGED = "assay.ocspForged"
FOREIGN = "assay.ocspForeign"
STALE = "assay.ocspStale"

_MAX_ANSWER_BYTES = 64 * 1024
_SECONDS = 10.0
_MAX_ANSWERS_PER_RESPONSE = 64
_SKEW = datetime.timedelta(minutes=5)
_WITHOUT_NEXT_UPDATE = datetime.timedelta(hours=24)
_ODD = (ValueError, TypeError, UnsupportedAlgorithm)
# With the key out of its owner's hands, what was signed before the day of the revocation is in doubt as well.
_COMPROMISED = frozenset(
    {
        x509.ReasonFlags.key_compromise,
        x509.ReasonFlags.ca_compromise,
        x509.ReasonFlags.aa_compromise,
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one OCSP answer says of one certificate. `code` is a C2PA status or one of ours; `reason` is the
    authority's word for why, as in RFC 5280 section 5.3.1."""

    status: Revocation
    code: str
    revoked_at: datetime.datetime | None = None
    reason: str | None = None
    excuses_earlier: bool = False


def read(
    answer: bytes,
    leaf: x509.Certificate,
    issuer: x509.Certificate,
    now: datetime.datetime,
    stamped_at: datetime.datetime | None = None,
) -> Reading:
    """What the DER `answer` says of `leaf`; `stamped_at` is a trusted time stamp's time. Never raises."""
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Reading(Revocation.UNKNOWN, UNKNOWN)
        single = next(_about(response, leaf, issuer), None)
        if single is None:
            return Reading(Revocation.UNKNOWN, FOREIGN)
        if not _authorised(response, issuer, now):
            return Reading(Revocation.UNKNOWN, FORGED)
        return _judged(single, now, stamped_at)
    except _ODD:
        return Reading(Revocation.UNKNOWN, MALFORMED)


def worst(readings: list[Reading]) -> Reading | None:
    """What several answers about one certificate come to: revoked wins, else good, else the first unknown."""
    ranks = (Revocation.REVOKED, Revocation.GOOD, Revocation.UNKNOWN)
    return min(readings, key=lambda one: ranks.index(one.status), default=None)


def fetched(leaf: x509.Certificate, issuer: x509.Certificate, fetch: Fetch) -> bytes | None:
    """Ask the authority named in the certificate; None where it names none or does not answer.

    A POST of an OCSP request with a SHA-1 certificate id and no nonce (RFC 5019 section 2), answers of up to
    64 KiB, ten seconds.
    """
    address = chains.ocsp_address(leaf)
    if address is None:
        return None
    try:
        request = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).build()  # noqa: S303
        return fetch(
            address,
            body=request.public_bytes(serialization.Encoding.DER),
            content_type="application/ocsp-request",
            max_bytes=_MAX_ANSWER_BYTES,
            seconds=_SECONDS,
        )
    except (ProvenanceError, *_ODD):
        return None


def _about(
    response: ocsp.OCSPResponse, leaf: x509.Certificate, issuer: x509.Certificate
) -> Iterator[ocsp.OCSPSingleResponse]:
    """The parts of the answer whose certificate id is that of `leaf`."""
    for _, single in zip(range(_MAX_ANSWERS_PER_RESPONSE), response.responses, strict=False):
        asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, single.hash_algorithm).build()
        if (single.serial_number, single.issuer_name_hash, single.issuer_key_hash) == (
            asked.serial_number,
            asked.issuer_name_hash,
            asked.issuer_key_hash,
        ):
            yield single


def _authorised(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime.datetime) -> bool:
    """RFC 6960 section 4.2.2.2: the issuer signed it, or a responder of the issuer's own making."""
    if _signed_by(response, issuer):
        return True
    moment = min(response.produced_at_utc, now)
    return any(
        ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string in chains.usages(responder)
        and chains.covers(responder, moment)
        and chains.issued_by(responder, issuer)
        and _signed_by(response, responder)
        for responder in response.certificates[:4]
    )


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, digest = signer.public_key(), response.signature_hash_algorithm
    signature, signed = response.signature, response.tbs_response_bytes
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and digest:
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and digest:
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, *_ODD):
        return False
    return True


def _judged(
    single: ocsp.OCSPSingleResponse, now: datetime.datetime, stamped_at: datetime.datetime | None
) -> Reading:
    status, reason = single.certificate_status, single.revocation_reason
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        return Reading(Revocation.UNKNOWN, UNKNOWN)
    if status is ocsp.OCSPCertStatus.REVOKED and reason is not x509.ReasonFlags.remove_from_crl:
        return Reading(
            Revocation.REVOKED,
            REVOKED,
            single.revocation_time_utc,
            reason.value if reason else None,
            excuses_earlier=reason not in _COMPROMISED,
        )
    ends = single.next_update_utc or single.this_update_utc + _WITHOUT_NEXT_UPDATE
    if single.this_update_utc > now + _SKEW or (stamped_at or now) > ends + _SKEW:
        return Reading(Revocation.UNKNOWN, STALE)
    return Reading(Revocation.GOOD, GOOD)
