"""Report → Verdict: an action with its reasons. Plain Python, so that a moderator can read the rules.

Absence of credentials is never called fake, and "existed before T" is never called "created by".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from detector.fingerprints.fingerprint import Unread
from detector.similarity import CampaignSummary, Match, Similarity
from service.report import CredentialAxis, Reason, Registry, Report
from service.times import day

CAMPAIGN_REVIEW_SIZE = 3
CAMPAIGN_FLAG_SIZE = 10
_NAMED = 5
_REVOKED_LATER = "assay.revokedLater"
_REVOKED = frozenset({"signingCredential.ocsp.revoked", "signingCredential.revoked"})


class Action(StrEnum):
    """What to do with the content; the worst reason decides."""

    ACCEPT = "accept"
    REVIEW = "review"
    FLAG = "flag"


class Outcome(StrEnum):
    """What `verify` answers with its exit code."""

    VERIFIED = "verified"
    REFUSED = "refused"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An action and every reason that led to it, the gravest first."""

    action: Action
    reasons: tuple[Reason, ...]


_Rule = tuple[Action, str, str]
_GRAVITY = {Action.FLAG: 0, Action.REVIEW: 1, Action.ACCEPT: 2}


def _verdict(rules: Iterator[_Rule]) -> Verdict:
    ordered = sorted(rules, key=lambda rule: _GRAVITY[rule[0]])
    action = ordered[0][0] if ordered else Action.ACCEPT
    return Verdict(action, tuple(Reason(code, sentence) for _, code, sentence in ordered))


def _credential_rules(report: Report) -> Iterator[_Rule]:
    credential = report.credential
    if credential.status == "invalid":
        yield (
            Action.FLAG,
            "credential_invalid",
            "The content credential does not match this content or its chain.",
        )
    if credential.status == "unchecked":
        yield Action.REVIEW, "credential_unchecked", "The content credential could not be checked this time."
    if credential.status in ("trusted", "untrusted_issuer"):
        yield from _issuer_rules(credential)
    yield from _revocation_rules(credential)
    yield from _history_rules(credential)
    if credential.padding_bytes:
        yield (
            Action.REVIEW,
            "hidden_padding",
            f"{credential.padding_bytes} bytes are hidden in the credential's padding, where no signature "
            "reaches: anybody may have put them there.",
        )
    for contradiction in report.contradictions:
        yield Action.REVIEW, contradiction.code, contradiction.sentence


def _issuer_rules(credential: CredentialAxis) -> Iterator[_Rule]:
    """Who knows the issuer of an intact credential, list by list."""
    knowing = [verdict.name for verdict in credential.trust_lists if verdict.verdict == "trusted"]
    unknowing = [verdict.name for verdict in credential.trust_lists if verdict.verdict != "trusted"]
    # No list vouches for a certificate whose time is over, though it may well know who issued it.
    expired = any(
        not found.depth and found.code == "signingCredential.expired" for found in credential.findings
    )
    if credential.status == "trusted":
        yield (
            Action.ACCEPT,
            "credential_trusted",
            f"The credential is intact, and the trust list “{credential.trust_list}” knows its issuer.",
        )
    elif knowing:
        yield (
            Action.ACCEPT,
            "credential_untrusted",
            f"The credential is intact, and the trust list “{knowing[0]}” knows its issuer; but something in "
            "it is vouched for by nobody on the lists, so it is not called trusted.",
        )
    elif not expired:
        yield (
            Action.ACCEPT,
            "issuer_unknown",
            "The credential is intact, but no trust list in use knows its issuer; its name proves nothing.",
        )
    if knowing and unknowing:
        yield (
            Action.ACCEPT,
            "lists_disagree",
            f"The issuer is known to {_quoted(knowing)} and unknown to {_quoted(unknowing)}.",
        )
    if expired:
        ended = f" on {day(credential.valid_to)}" if credential.valid_to else ""
        yield (
            Action.ACCEPT,
            "signer_expired",
            f"The signing certificate expired{ended}; no trusted time stamp shows that it was used before.",
        )


def _revocation_rules(credential: CredentialAxis) -> Iterator[_Rule]:
    if credential.revocation == "revoked":
        since = f" on {day(credential.revoked_at)}" if credential.revoked_at else ""
        if revoked_afterwards(credential):
            yield (
                Action.REVIEW,
                "signer_revoked_later",
                f"The certificate that signed this content was revoked{since}; a trusted time stamp of "
                f"{day(credential.stamped_at)} shows that it signed before that.",
            )
        else:
            yield (
                Action.FLAG,
                "signer_revoked",
                f"The certificate that signed this content was revoked{since}.",
            )
    elif credential.revocation == "unknown" and credential.status == "trusted":
        yield (
            Action.ACCEPT,
            "revocation_unknown",
            "Whether the signing certificate was revoked is not known.",
        )


def revoked_afterwards(credential: CredentialAxis) -> bool:
    """Whether a trusted time stamp is older than the revocation, and the revocation leaves it standing."""
    codes = {finding.code for finding in credential.findings}
    return credential.revocation == "revoked" and _REVOKED_LATER in codes and not codes & _REVOKED


def _history_rules(credential: CredentialAxis) -> Iterator[_Rule]:
    """What is wrong further back; the reader's own sentence names the ingredient with its depth and title."""
    said = next((each.sentence for each in credential.statements if each.axis == "history"), "")
    unknown = any(
        found.depth and found.code == "signingCredential.untrusted" for found in credential.findings
    )
    if credential.history == "tampered_ingredient":
        yield Action.FLAG, "ingredient_tampered", said or "Something that it was made from does not hold."
    elif credential.history == "erased":
        yield Action.REVIEW, "history_erased", said or "A part of its history was removed."
    elif unknown:
        yield Action.ACCEPT, "ingredient_untrusted", said or "Nobody we know signed what it was made from."


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")


def _registry_rules(report: Report) -> Iterator[_Rule]:
    status = report.registry.status
    if status is Registry.REVOKED:
        yield Action.FLAG, "attestation_revoked", "The attester revoked this attestation."
    elif status is Registry.ATTESTED:
        yield Action.ACCEPT, "attested", "The log holds an attestation of exactly these bytes."
    elif status is Registry.ATTESTED_VARIANT:
        yield (
            Action.ACCEPT,
            "attested_variant",
            "The log holds an attestation of the same signed claim; the file has other bytes, but only "
            "where the claim does not reach.",
        )
    elif status is Registry.ATTESTED_COPY:
        yield (
            Action.REVIEW,
            "attested_copy",
            "This closely resembles attested content, but carries no credential of its own.",
        )
    elif report.credential.status == "none":
        yield (
            Action.ACCEPT,
            "unattested",
            "Nothing is known of this content's origin. That does not make it fake.",
        )


def campaign_rules(campaign: CampaignSummary | None) -> Iterator[_Rule]:
    """Near-duplicates in number: three are looked at, ten are flagged."""
    if campaign is None or campaign.size < CAMPAIGN_REVIEW_SIZE:
        return
    action = Action.FLAG if campaign.size >= CAMPAIGN_FLAG_SIZE else Action.REVIEW
    since = f" seen since {campaign.first_seen}" if campaign.first_seen else ""
    yield action, "campaign", f"One of {campaign.size} near-duplicates{since}."


def decide(report: Report) -> Report:
    """The report with its action and reasons filled in."""

    def rules() -> Iterator[_Rule]:
        yield from _credential_rules(report)
        yield from _registry_rules(report)
        yield from campaign_rules(report.similarity.campaign)
        yield from _unread_rules(report.similarity.unread)
        if report.similarity.degraded:
            yield Action.ACCEPT, "index_degraded", "An index is being rebuilt; matches may be missing."

    verdict = _verdict(rules())
    return replace(report, action=verdict.action.value, reasons=verdict.reasons)


def _unread_rules(unread: Unread | Reason | None) -> Iterator[_Rule]:
    if unread is not None:
        sentence = f"{unread.sentence} It was compared by its digest alone."
        yield Action.ACCEPT, unread.code, sentence


def screening(similarity: Similarity) -> Verdict:
    """The verdict on an item of a stream, from its similarity alone (the command line's `screen`)."""

    def rules() -> Iterator[_Rule]:
        yield from campaign_rules(similarity.campaign)
        yield from _unread_rules(similarity.unread)
        if similarity.matches:
            best = similarity.matches[0]
            code = "attested_copy" if best.subject else "near_duplicate"
            yield (Action.REVIEW if best.subject else Action.ACCEPT), code, best.why

    return _verdict(rules())


def other_accounts_original(similarity: Similarity, tenant: str) -> Match | None:
    """The best match attested earlier by somebody else, if any."""
    return next((m for m in similarity.matches if m.subject and m.tenant != tenant), None)


def attestable(
    similarity: Similarity, tenant: str, credential_status: str, *, accept_broken_parent: bool = False
) -> Verdict:
    """Whether an upload may be signed as it is: deciding comes before signing."""

    def rules() -> Iterator[_Rule]:
        other = other_accounts_original(similarity, tenant)
        yield from _unread_rules(similarity.unread)
        if credential_status == "invalid" and accept_broken_parent:
            yield (
                Action.ACCEPT,
                "broken_parent_accepted",
                "The file carries a content credential that does not hold; it is signed over as its owner"
                " asked, and every later report says so.",
            )
        elif credential_status == "invalid":
            yield (
                Action.FLAG,
                "broken_parent",
                "The file carries a content credential that does not match it, so it is not signed over.",
            )
        if other is not None:
            yield (
                Action.REVIEW,
                "near_duplicate_of_other",
                f"Another account attested nearly the same content earlier. {other.why}",
            )

    return _verdict(rules())


def outcome(report: Report) -> Outcome:
    """One answer for an exit code: refused beats verified, and verified needs somebody who vouches.

    An intact credential from an unknown issuer vouches for nothing by itself: without a proof or a trust
    list it is `unchecked`. A certificate revoked after a trusted time stamp did sign while it was good.
    """
    credential = report.credential
    revoked = credential.revocation == "revoked" and not revoked_afterwards(credential)
    if credential.status == "invalid" or revoked or report.registry.status is Registry.REVOKED:
        return Outcome.REFUSED
    vouched = report.registry.status in (Registry.ATTESTED, Registry.ATTESTED_VARIANT)
    if vouched or credential.status == "trusted":
        return Outcome.VERIFIED
    return Outcome.UNCHECKED
