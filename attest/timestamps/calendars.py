"""OpenTimestamps: a calendar commits to a digest now, and leads it to a Bitcoin block some hours later.

    POST <calendar>/digest             the digest, 32 bytes → a serialized Timestamp
    GET  <calendar>/timestamp/<hex>    the same of a commitment, longer once it is in a block

A calendar sees a digest blinded by 16 random bytes, so it learns nothing of what is stamped.
"""

import secrets
from typing import Any
from urllib.parse import urlsplit

from opentimestamps.calendar import DEFAULT_CALENDAR_WHITELIST
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from attest.outside import SECONDS, OutsideUnavailable, get, post
from attest.timestamps.rfc3161 import TimestampInvalid

MAX_PROOF = 64 * 1024
_MAX_ANSWER = 10_000
_ACCEPT = "application/vnd.opentimestamps.v1"


def stamp(calendar: str, digest: bytes, *, seconds: float = SECONDS) -> bytes:
    """An .ots proof over this SHA-256 digest, pending at the calendar.

    Raises OutsideUnavailable, TimestampInvalid.
    """
    whole = Timestamp(digest)
    blinded = whole.ops.add(OpAppend(secrets.token_bytes(16))).ops.add(OpSHA256())
    reply = post(
        f"{calendar.rstrip('/')}/digest",
        blinded.msg,
        content_type="application/octet-stream",
        accept=_ACCEPT,
        max_bytes=_MAX_ANSWER,
        seconds=seconds,
    )
    if reply.status != 200:
        raise OutsideUnavailable(f"The calendar answered with status {reply.status}.")
    blinded.merge(_timestamp(reply.content, blinded.msg))
    return _encode(whole)


def upgrade(proof: bytes, calendars: tuple[str, ...], *, seconds: float = SECONDS) -> bytes:
    """The proof with whatever its calendars know by now; the same bytes where they know nothing new.

    A proof names its calendars itself: only those in `calendars` and the public ones that the OpenTimestamps
    library lists are asked. Raises OutsideUnavailable, TimestampInvalid.
    """
    whole = _decode(proof)
    known = {each.rstrip("/") for each in calendars}
    for node, attestation in list(_pending(whole)):
        uri = attestation.uri.rstrip("/")
        if uri not in known and not _public(uri):
            continue
        url = f"{uri}/timestamp/{node.msg.hex()}"
        reply = get(url, accept=_ACCEPT, max_bytes=_MAX_ANSWER, seconds=seconds)
        if reply.status == 200:
            node.merge(_timestamp(reply.content, node.msg))
        elif reply.status != 404:
            raise OutsideUnavailable(f"The calendar answered with status {reply.status}.")
    return _encode(whole)


def digest_of(proof: bytes) -> bytes:
    """The SHA-256 digest that a proof is over. Raises TimestampInvalid."""
    digest: bytes = _decode(proof).msg
    return digest


def bitcoin_heights(proof: bytes) -> tuple[int, ...]:
    """The blocks that the proof says it leads to, lowest first; empty while it is pending.

    Whether a block's Merkle root is the one the proof leads to, only that block can tell.
    Raises TimestampInvalid.
    """
    found = (each for _, each in _decode(proof).all_attestations())
    return tuple(sorted(each.height for each in found if isinstance(each, BitcoinBlockHeaderAttestation)))


def _public(uri: str) -> bool:
    return urlsplit(uri).scheme == "https" and uri in DEFAULT_CALENDAR_WHITELIST


def _pending(node: Any) -> list[tuple[Any, Any]]:
    found = [(node, each) for each in node.attestations if isinstance(each, PendingAttestation)]
    for below in node.ops.values():
        found += _pending(below)
    return found


def _timestamp(data: bytes, message: bytes) -> Any:
    try:
        context = BytesDeserializationContext(data)
        found = Timestamp.deserialize(context, message)
        context.assert_eof()
    except (DeserializationError, ValueError) as error:
        raise TimestampInvalid("The calendar answered no time stamp.") from error
    return found


def _decode(proof: bytes) -> Any:
    if len(proof) > MAX_PROOF:
        raise TimestampInvalid("The OpenTimestamps proof is too long.")
    try:
        file = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))
    except (DeserializationError, ValueError) as error:
        raise TimestampInvalid("This is no OpenTimestamps proof.") from error
    if not isinstance(file.file_hash_op, OpSHA256):
        raise TimestampInvalid("The OpenTimestamps proof is not over a SHA-256 digest.")
    return file.timestamp


def _encode(whole: Any) -> bytes:
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), whole).serialize(context)
    made: bytes = context.getbytes()
    if len(made) > MAX_PROOF:
        raise TimestampInvalid("The OpenTimestamps proof is too long.")
    return made
