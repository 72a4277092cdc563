"""When it was signed: what a time-stamping authority says, what the signer says, and where they disagree.

A time stamp (RFC 3161) is read here for its time and its maker's name only; whether it belongs to the
signature and whether its maker is trusted is the SDK's answer (`timeStamp.validated`, `timeStamp.trusted`).
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509

from provenance.assets.label import label as clean

CLAIMED_AFTER_STAMPED = "assay.claimedAfterStamped"
CLAIMED_IN_FUTURE = "assay.claimedInFuture"
CLAIMED_BEFORE_CERTIFICATE = "assay.claimedBeforeCertificate"

_TOLERANCE = datetime.timedelta(minutes=5)
"""Clocks differ; less than this is no contradiction."""

_INCEPTIONS = ("c2pa.created", "c2pa.opened")
_MAX_WHEN = 64
_LOADED = (ValueError, TypeError, KeyError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time stamp's own statement: its time (UTC) and its maker's name as printed in the certificate."""

    at: datetime.datetime
    by: str | None


def stamp(token: bytes) -> Stamp | None:
    """The time stamp in a DER TimeStampResp or bare token; None where it cannot be read. Never raises."""
    try:
        content = _content_info(token)["content"]
        info = content["encap_content_info"]["content"].parsed
        if not isinstance(info, tsp.TSTInfo):
            return None
        at = info["gen_time"].native
        if at.tzinfo is None:
            return None
        return Stamp(at.astimezone(datetime.UTC), _maker(content))
    except _LOADED:
        return None


def claimed(manifest: Mapping[str, Any]) -> datetime.datetime | None:
    """The time that the manifest's inception action gives itself (`when`): the signer's word alone."""
    for assertion in manifest.get("assertions") or ():
        if not str(assertion.get("label", "")).startswith("c2pa.actions"):
            continue
        data = assertion.get("data")
        for action in (data.get("actions") if isinstance(data, dict) else None) or ():
            if isinstance(action, dict) and action.get("action") in _INCEPTIONS:
                return moment(action.get("when"))
    return None


def moment(text: object) -> datetime.datetime | None:
    """An RFC 3339 time as a value in UTC; None for anything else, also for a time without a zone."""
    if not isinstance(text, str) or len(text) > _MAX_WHEN:
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
        return found.astimezone(datetime.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def written(at: datetime.datetime | None) -> str | None:
    """RFC 3339, UTC, whole seconds."""
    return at.replace(microsecond=0).isoformat() if at else None


def claimed_after(claimed_at: str | None, anchored_at: str | None) -> bool:
    """Whether the signer claims a time later than one by which the file is known to have existed.

    Both RFC 3339; False where either is missing. Five minutes are forgiven.
    """
    said, known = moment(claimed_at), moment(anchored_at)
    return said is not None and known is not None and said > known + _TOLERANCE


def contradictions(
    claimed_at: datetime.datetime | None,
    stamped_at: datetime.datetime | None,
    valid_from: datetime.datetime | None,
    now: datetime.datetime,
) -> tuple[str, ...]:
    """The codes of what cannot be true together, or rests on the signer's word alone."""
    if claimed_at is None:
        return ()
    checks = (
        (CLAIMED_AFTER_STAMPED, stamped_at is not None and claimed_at > stamped_at + _TOLERANCE),
        (CLAIMED_IN_FUTURE, claimed_at > now + _TOLERANCE),
        (CLAIMED_BEFORE_CERTIFICATE, valid_from is not None and claimed_at < valid_from - _TOLERANCE),
    )
    return tuple(code for code, applies in checks if applies)


def _content_info(token: bytes) -> cms.ContentInfo:
    """sigTst holds a whole answer (RFC 3161 section 2.4.2), sigTst2 sometimes its token alone."""
    try:
        answer = tsp.TimeStampResp.load(token)
        if answer["status"]["status"].native in ("granted", "granted_with_mods"):
            return answer["time_stamp_token"]
    except _LOADED:
        pass
    return cms.ContentInfo.load(token)


def _maker(content: cms.SignedData) -> str | None:
    """The common name in the certificate whose key made the token, else its organisation."""
    sid = content["signer_infos"][0]["sid"].chosen
    for choice in content["certificates"] or ():
        certificate = choice.chosen
        if not isinstance(certificate, asn1_x509.Certificate):
            continue
        if isinstance(sid, cms.IssuerAndSerialNumber):
            matches = certificate.serial_number == sid["serial_number"].native
        else:
            matches = certificate.key_identifier == sid.native
        if matches:
            names = certificate.subject.native
            name = names.get("common_name") or names.get("organization_name")
            return clean(str(name).replace("/", "∕")) if isinstance(name, str) else None
    return None
