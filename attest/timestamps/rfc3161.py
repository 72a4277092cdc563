"""RFC 3161 time stamps: asked for over HTTP (section 3.4), checked before they are kept.

A token is over SHA-256 of the stamped bytes and carries its authority's certificates. Whoever knows the
authority's root can check its signature; without a root only what the token says can be looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from asn1crypto import cms, tsp
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from attest.errors import AttestError
from attest.outside import SECONDS, OutsideUnavailable, post

MAX_TOKEN = 64 * 1024
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class TimestampInvalid(AttestError):
    """A time stamp is malformed, of something else, or not signed by whom it says."""

    code = "timestamp_invalid"


@dataclass(frozen=True, slots=True)
class Token:
    """A checked TimeStampToken (DER) and the time that it says, UTC."""

    data: bytes
    time: datetime


def stamp(url: str, data: bytes, *, seconds: float = SECONDS) -> Token:
    """Have an authority stamp SHA-256 of `data`. Raises OutsideUnavailable, TimestampInvalid."""
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    reply = post(
        url,
        request.as_bytes(),
        content_type="application/timestamp-query",
        accept="application/timestamp-reply",
        max_bytes=MAX_TOKEN,
        seconds=seconds,
    )
    if reply.status != 200:
        raise OutsideUnavailable(f"The time-stamping authority answered with status {reply.status}.")
    token = _token(reply.content)
    time = check(token, sha256(data).digest())
    if _response(token).tst_info.nonce != request.nonce:
        raise TimestampInvalid("The time stamp answers another request.")
    return Token(token, time)


def _token(reply: bytes) -> bytes:
    """The token of a TimeStampResp, its certificates in the order that DER wants.

    OpenSSL, and so many an authority, leaves that set as it was made, and strict readers refuse it. Nothing
    signs the order: what is signed are the attributes and, by its digest, the TSTInfo.
    """
    try:
        found = tsp.TimeStampResp.load(reply, strict=True)
        status = found["status"]["status"].native
        if status in {"granted", "granted_with_mods"}:
            token = found["time_stamp_token"]
            carried = sorted(each.dump() for each in token["content"]["certificates"])
            ordered = [cms.CertificateChoices.load(each) for each in carried]
            token["content"]["certificates"] = cms.CertificateSet(ordered)
            made: bytes = token.dump()
            return made
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampInvalid("The time-stamping authority answered no time stamp.") from error
    raise TimestampInvalid(f"The time-stamping authority refused: {status}.")


def check(token: bytes, digest: bytes, roots: Iterable[x509.Certificate] = ()) -> datetime:
    """The time of a token over this SHA-256 digest, its signature verified up to one of `roots`.

    Without roots that time is anybody's word. Raises TimestampInvalid.
    """
    response = _response(token)
    if imprint(token) != digest:
        raise TimestampInvalid("The time stamp is of something else.")
    tops = list(roots)
    try:
        if tops:
            carried = [x509.load_der_x509_certificate(each) for each in response.signed_data.certificates]
            chain = [each for each in carried if each not in tops]
            VerifierBuilder(roots=tops, intermediates=chain).build().verify(response, digest)
    except (ValueError, VerificationError) as error:
        raise TimestampInvalid("The time stamp's signature does not hold under these roots.") from error
    return response.tst_info.gen_time.astimezone(UTC)


def imprint(token: bytes) -> bytes:
    """The SHA-256 digest that a token is over. Raises TimestampInvalid."""
    found = _response(token).tst_info.message_imprint
    if found.hash_algorithm != _SHA256:
        raise TimestampInvalid("The time stamp is not over a SHA-256 digest.")
    return found.message


def _response(token: bytes) -> TimeStampResponse:
    if len(token) > MAX_TOKEN:
        raise TimestampInvalid("The time stamp is too long.")
    try:
        inner = cms.ContentInfo.load(token, strict=True)
        whole = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": inner})
        response = decode_timestamp_response(whole.dump())
        response.tst_info.message_imprint  # noqa: B018 - parsed when asked for
    except (ValueError, TypeError) as error:
        raise TimestampInvalid("This is no time stamp.") from error
    return response
