"""The SDK's report turned into an Inspection, axis by axis: pure functions, no SDK."""

from collections.abc import Mapping
from typing import Any

from provenance.assets.label import label as clean
from provenance.inspection.inspection import (
    Credential,
    Finding,
    History,
    Inspection,
    Revocation,
    SigningTime,
)
from provenance.inspection.origin import declared
from provenance.inspection.sentences import Gravity, sentence
from provenance.inspection.statuses import Status, statuses, successes
from provenance.trust.lists import TrustStore

_MAX_FINDINGS = 200
_SILENT = frozenset({"signingCredential.ocsp.skipped"})
_REVOKED = frozenset({"signingCredential.ocsp.revoked", "signingCredential.revoked"})
_ERASED = frozenset({"ingredient.manifest.missing"})


def none(*codes: str) -> Inspection:
    """Nothing is embedded; `codes` become findings of the file itself."""
    return Inspection(credential=Credential.NONE, findings=tuple(_own(code) for code in codes))


def unchecked(*codes: str) -> Inspection:
    """The file could not be searched; `codes` become findings of the file itself."""
    return Inspection(credential=Credential.UNCHECKED, findings=tuple(_own(code) for code in codes))


def unreadable(explanation: str) -> Inspection:
    """Credentials are there and cannot be read: a present but broken claim is invalid, never absent."""
    return Inspection(
        credential=Credential.INVALID,
        findings=(
            Finding("assay.malformedManifest", sentence("assay.malformedManifest"), 0, explanation[:200]),
        ),
    )


def inspection(answer: Mapping[str, Any], trust: TrustStore) -> Inspection:
    """The worker's answer (`report`, `signers`, `conformance`, `identity`) as an Inspection."""
    report = answer["report"]
    manifests = report.get("manifests") or {}
    active_label = str(report.get("active_manifest"))
    active = manifests.get(active_label) or {}
    signers = answer["signers"]
    found = _with_untrusted_signers(statuses(report), statuses(signers))
    credential = _credential(found, str(report.get("validation_state")))
    origin, source_type, overruled = declared(report)
    time = _time(report, active)
    identity = answer.get("identity") or {}
    padding = int(identity.get("padding_bytes") or 0)
    codes = [
        code
        for code, applies in (
            ("assay.padding", padding > 0),
            ("assay.noIdentity", not identity),
            ("assay.contradictingOrigin", overruled),
            ("assay.legacyTimeStamp", _legacy(report)),
        )
        if applies
    ]
    results = signers.get("validation_results") or {}
    return Inspection(
        credential=credential,
        revocation=Revocation.REVOKED if any(s.code in _REVOKED for s in found) else Revocation.UNKNOWN,
        time=time,
        history=_history(found),
        origin=origin,
        digital_source_type=source_type,
        signer=_signer(answer, active),
        trust_list=trust.named(results.get("trustListUri")),
        signed_at=(active.get("signature_info") or {}).get("time"),
        generator=_generator(active),
        title=clean(str(active["title"])) if active.get("title") else None,
        manifest_label=active_label,
        claim_sha256=identity.get("claim_sha256"),
        binding_sha256=identity.get("binding_sha256"),
        padding_bytes=padding,
        findings=(*map(_own, codes), *_findings(found, manifests))[:_MAX_FINDINGS],
    )


def _with_untrusted_signers(found: list[Status], by_signer_lists: list[Status]) -> list[Status]:
    """Add whoever only a list of time-stamping authorities vouches for."""
    known = {(status.code, status.label) for status in found}
    return found + [
        status
        for status in by_signer_lists
        if status.code == "signingCredential.untrusted" and (status.code, status.label) not in known
    ]


def _credential(found: list[Status], state: str) -> Credential:
    worst = max((status.gravity for status in found), default=Gravity.NOTE)
    if worst is Gravity.INVALID or (state == "Invalid" and worst is Gravity.NOTE):
        return Credential.INVALID
    if worst is Gravity.UNTRUSTED or state != "Trusted":
        return Credential.UNTRUSTED_ISSUER
    return Credential.TRUSTED


def _history(found: list[Status]) -> History:
    if any(status.code in _ERASED for status in found):
        return History.ERASED
    broken = any(status.depth > 0 and status.gravity is Gravity.INVALID for status in found)
    return History.TAMPERED_INGREDIENT if broken else History.INTACT


def _time(report: Mapping[str, Any], active: Mapping[str, Any]) -> SigningTime:
    stamped = {str(status.get("code")) for status in successes(report)}
    if {"timeStamp.validated", "timeStamp.trusted"} <= stamped and not _legacy(report):
        return SigningTime.TIMESTAMPED
    return SigningTime.CLAIMED if (active.get("signature_info") or {}).get("time") else SigningTime.NONE


def _legacy(report: Mapping[str, Any]) -> bool:
    """Version 1 claims: the SDK calls any time stamp "trusted" without asking a list."""
    return any(
        status.get("code") == "timeStamp.trusted" and str(status.get("explanation")).startswith("legacy")
        for status in successes(report)
    )


def _signer(answer: Mapping[str, Any], active: Mapping[str, Any]) -> str | None:
    """The leaf's subject as printed in it, "CN, O"; anyone can print any name."""
    conformance = (answer.get("conformance") or {}).get("manifests") or [{}]
    subject = ((conformance[0].get("signature") or {}).get("certificateInfo") or {}).get("subject") or {}
    info = active.get("signature_info") or {}
    names = [subject.get("CN") or info.get("common_name"), subject.get("O") or info.get("issuer")]
    printed = [clean(str(name).replace("/", "∕")) for name in names if name]
    return ", ".join(dict.fromkeys(printed)) or None


def _generator(active: Mapping[str, Any]) -> str | None:
    infos = active.get("claim_generator_info") or ()
    if infos and isinstance(infos[0], dict) and infos[0].get("name"):
        text = f"{infos[0]['name']} {infos[0].get('version') or ''}"
    else:
        text = str(active.get("claim_generator") or "")
    return clean(text.replace("/", " ")) if text.strip() else None


def _findings(found: list[Status], manifests: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            status.code,
            sentence(status.code),
            status.depth,
            clean(str((manifests.get(status.label) or {}).get("title") or "")) if status.label else "",
        )
        for status in found
        if status.code not in _SILENT
    )


def _own(code: str) -> Finding:
    return Finding(code, sentence(code), 0, "")
