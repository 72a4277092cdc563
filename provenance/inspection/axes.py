"""The SDK's report turned into an Inspection, axis by axis: pure functions, no SDK."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from provenance.assets.label import label as clean
from provenance.inspection import statements as says
from provenance.inspection import times, trust_paths
from provenance.inspection.chain import Chain, Subject
from provenance.inspection.identities import named
from provenance.inspection.inspection import (
    Credential,
    Finding,
    History,
    Inspection,
    ListVerdict,
    Product,
    Revocation,
    SigningTime,
)
from provenance.inspection.origin import declared
from provenance.inspection.revocation import GOOD, Fetch
from provenance.inspection.sentences import Gravity, sentence
from provenance.inspection.signature_facts import restored
from provenance.inspection.signers import Outcome, Signer, check, signers
from provenance.inspection.statuses import (
    Status,
    depths,
    legacy,
    stamped,
    status,
    statuses,
    successes,
    trusting_list,
    trusts_signer,
)
from provenance.inspection.times import Stamp
from provenance.trust.lists import TrustList, TrustStore

_MAX_FINDINGS = 200
_SILENT = frozenset({"signingCredential.ocsp.skipped"})
_REVOKED = frozenset({"signingCredential.ocsp.revoked", "signingCredential.revoked"})
_OVER = frozenset({"signingCredential.expired", "claimSignature.outsideValidity"})
_ERASED = frozenset({"ingredient.manifest.missing"})


def none(*codes: str) -> Inspection:
    """Nothing is embedded; `codes` become findings of the file itself."""
    findings = tuple(_own(code) for code in codes)
    return Inspection(credential=Credential.NONE, findings=findings, statements=says.NONE)


def unchecked(*codes: str) -> Inspection:
    """The file could not be searched; `codes` become findings of the file itself."""
    findings = tuple(_own(code) for code in codes)
    return Inspection(credential=Credential.UNCHECKED, findings=findings, statements=says.UNCHECKED)


def fetched_from(url: str) -> Finding:
    """That the credentials came from elsewhere: the finding's title is the host."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return replace(_own("assay.remoteManifestFetched"), title=clean(host) if host else "")


def unreadable(explanation: str, code: str = "assay.malformedManifest") -> Inspection:
    """Credentials are there and cannot be read: a present but broken claim is invalid, never absent."""
    return Inspection(
        credential=Credential.INVALID,
        findings=(Finding(code, sentence(code), 0, clean(explanation[:200])),),
        statements=says.unreadable(code),
    )


def inspection(
    answer: Mapping[str, Any], trust: TrustStore, now: datetime.datetime, fetch: Fetch | None = None
) -> Inspection:
    """The worker's answer (`report`, `signers`, `identity`, `facts`) as an Inspection.

    `fetch` is given where signers' authorities are to be asked about revocation.
    """
    report, by_signer_lists = answer["report"], answer.get("signers") or answer["report"]
    active_label = str(report.get("active_manifest"))
    manifests = report.get("manifests") or {}
    active = manifests.get(active_label) or {}
    found = statuses(report)
    if answer.get("signers"):
        found = _with_untrusted_signers(found, statuses(by_signer_lists))
    with_time = stamped(report)
    everybody = signers(restored(answer["facts"]), depths(report), trust, with_time)
    signer = next((one for one in everybody if one.depth == 0), None)
    outcome = _revocation(check(everybody, now, fetch), found)
    found = [*found, *_unsaid(outcome.statuses, found)]
    when = _times(active, signer, active_label in with_time, now)
    named_list = trust.by_uri(trusting_list(by_signer_lists, active_label))
    lists = trust_paths.verdicts(signer.chain if signer else None, trust, when.counts_at)
    origin, source_type, overruled = declared(report)
    identity = answer.get("identity") or {}
    padding = int(identity.get("padding_bytes") or 0)
    codes = _applying(
        ("assay.padding", padding > 0),
        ("assay.noIdentity", not identity),
        ("assay.contradictingOrigin", overruled),
        ("assay.legacyTimeStamp", legacy(report)),
        ("assay.trustPathDiffers", _differs(signer, named_list, found)),
    )
    made = Inspection(
        credential=_credential(found, report, trusted=trusts_signer(by_signer_lists, active_label)),
        revocation=outcome.status,
        history=_history(found),
        origin=origin,
        digital_source_type=source_type,
        signer=_signer(signer, active),
        trust_list=named_list.name if named_list else None,
        generator=_generator(active),
        title=_title(active),
        manifest_label=active_label,
        claim_sha256=identity.get("claim_sha256"),
        binding_sha256=identity.get("binding_sha256"),
        padding_bytes=padding,
        padding_hex=str(identity.get("padding_hex") or ""),
        ancestors=tuple(str(each) for each in identity.get("ancestors") or ()),
        findings=(*map(_own, (*codes, *when.codes)), *_findings(found, manifests))[:_MAX_FINDINGS],
        trust_lists=lists,
        product=_product(signer, lists, trust),
        identities=named(active, [one for one in found if one.label == active_label], successes(report)),
        revoked_at=times.written(outcome.revoked_at),
        revocation_source=outcome.source,
        **when.fields(),
    )
    succeeded = frozenset(str(one.get("code")) for one in successes(report))
    return replace(made, statements=says.statements(made, succeeded, asked=fetch is not None))


@dataclass(frozen=True, slots=True)
class _When:
    """Every time we know; `counts_at` is when the certificates must have been valid."""

    kind: SigningTime
    stamp: Stamp | None
    claimed_at: datetime.datetime | None
    signed_at: str | None
    chain: Chain | None
    counts_at: datetime.datetime
    codes: tuple[str, ...]

    def fields(self) -> dict[str, Any]:
        """As an Inspection names them."""
        return {
            "time": self.kind,
            "signed_at": self.signed_at,
            "stamped_at": times.written(self.stamp.at) if self.stamp else None,
            "stamped_by": self.stamp.by if self.stamp else None,
            "claimed_at": times.written(self.claimed_at),
            "valid_from": times.written(self.chain.valid_from) if self.chain else None,
            "valid_to": times.written(self.chain.valid_to) if self.chain else None,
        }


def _times(
    active: Mapping[str, Any], signer: Signer | None, is_stamped: bool, now: datetime.datetime
) -> _When:
    stamp, chain = (signer.stamp, signer.chain) if signer else (None, None)
    claimed = times.claimed(active)
    printed = (active.get("signature_info") or {}).get("time")
    if is_stamped and printed:
        kind, signed_at = SigningTime.TIMESTAMPED, times.written(stamp.at) if stamp else printed
    else:
        # The SDK prints the time of a stamp that nobody vouches for as well: then it is a claim like another.
        signed_at = times.written(claimed) or printed
        kind = SigningTime.CLAIMED if signed_at else SigningTime.NONE
    trusted = stamp.at if stamp and kind is SigningTime.TIMESTAMPED else None
    return _When(
        kind,
        stamp,
        claimed,
        signed_at,
        chain,
        trusted or now,
        times.contradictions(claimed, trusted, chain.valid_from if chain else None, now),
    )


def _revocation(outcome: Outcome, found: list[Status]) -> Outcome:
    """The SDK reads stapled answers too; where it alone says revoked, that counts and is said."""
    if outcome.status is Revocation.REVOKED or not any(one.code in _REVOKED for one in found):
        return outcome
    differs = status("assay.ocspDiffers", "", 0)
    return replace(outcome, status=Revocation.REVOKED, statuses=(*outcome.statuses, differs))


def _unsaid(said: tuple[Status, ...], found: list[Status]) -> list[Status]:
    """What the SDK has not said already of the same manifest. What holds needs no finding."""
    known = {(one.code, one.label) for one in found}
    return [one for one in said if (one.code, one.label) not in known and one.code != GOOD]


def _differs(signer: Signer | None, named_list: TrustList | None, found: list[Status]) -> bool:
    """Whether our own path and the SDK's verdict disagree. The SDK's stands; the difference is said."""
    if signer is None or signer.chain is None:
        return False
    if named_list is not None:
        return trust_paths.path_to(signer.chain, named_list) is None
    refused = any(one.code == "signingCredential.untrusted" and one.depth == 0 for one in found)
    # A certificate whose time is over is refused for that, wherever its path leads.
    in_time = all(one.gravity is not Gravity.INVALID and one.code not in _OVER for one in found)
    return refused and in_time and signer.is_anchored


def _product(signer: Signer | None, lists: tuple[ListVerdict, ...], trust: TrustStore) -> Product | None:
    """Only the official list's authorities issue in the names of conforming products to these alone."""
    official = {listed.sha256 for listed in trust.lists if listed.is_official}
    if signer is None or signer.chain is None:
        return None
    if not any(one.verdict == trust_paths.TRUSTED and one.sha256 in official for one in lists):
        return None
    subject = signer.chain.subject
    return trust.product(subject.common_name, subject.organisation, subject.unit, subject.country)


def _with_untrusted_signers(found: list[Status], by_signer_lists: list[Status]) -> list[Status]:
    """Add whoever only a list of time-stamping authorities vouches for."""
    known = {(status.code, status.label) for status in found}
    return found + [
        status
        for status in by_signer_lists
        if status.code == "signingCredential.untrusted" and (status.code, status.label) not in known
    ]


def _credential(found: list[Status], report: Mapping[str, Any], *, trusted: bool) -> Credential:
    """The worst status of the whole chain decides.

    The SDK's state counts where it is worse than any status explains. `Valid` does not: it also stands for a
    trusted claim with an identity that nobody vouches for; so trust is asked of the signer's own status.
    """
    worst = max((one.gravity for one in found), default=Gravity.NOTE)
    unexplained = report.get("validation_state") == "Invalid" and not any(one.failed for one in found)
    if worst is Gravity.INVALID or unexplained:
        return Credential.INVALID
    if worst is Gravity.UNTRUSTED or not trusted:
        return Credential.UNTRUSTED_ISSUER
    return Credential.TRUSTED


def _history(found: list[Status]) -> History:
    if any(status.code in _ERASED for status in found):
        return History.ERASED
    broken = any(status.depth > 0 and status.gravity is Gravity.INVALID for status in found)
    return History.TAMPERED_INGREDIENT if broken else History.INTACT


def _signer(signer: Signer | None, active: Mapping[str, Any]) -> str | None:
    """The leaf's subject as printed in it, "CN, O"; anyone can print any name."""
    if signer is not None and signer.chain is not None:
        return signer.chain.subject.shown
    info = active.get("signature_info") or {}
    names = [str(name) for name in (info.get("common_name"), info.get("issuer")) if name]
    return Subject(next(iter(names), None), next(iter(names[1:]), None), None, None).shown


def _title(manifest: Mapping[str, Any]) -> str | None:
    return clean(str(manifest["title"])) if manifest.get("title") else None


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


def _applying(*checks: tuple[str, bool]) -> list[str]:
    return [code for code, applies in checks if applies]


def _own(code: str) -> Finding:
    return Finding(code, sentence(code), 0, "")
