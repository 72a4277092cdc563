"""Report → Verdict: an action with its reasons. Plain Python, so that a moderator can read the rules.

Absence of credentials is never called fake, and "existed before T" is never called "created by".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from detector.similarity import CampaignSummary, Match, Similarity
from service.report import Reason, Registry, Report

CAMPAIGN_REVIEW_SIZE = 3
CAMPAIGN_FLAG_SIZE = 10


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
    if credential.revocation == "revoked":
        yield Action.FLAG, "signer_revoked", "The certificate that signed this content was revoked."
    if credential.status == "untrusted_issuer":
        yield (
            Action.ACCEPT,
            "issuer_unknown",
            "The credential is intact, but no trust list in use knows its issuer; its name proves nothing.",
        )
    if credential.status == "trusted":
        yield (
            Action.ACCEPT,
            "credential_trusted",
            f"The credential is intact, and the trust list “{credential.trust_list}” knows its issuer.",
        )
    if credential.status == "unchecked":
        yield Action.REVIEW, "credential_unchecked", "The content credential could not be checked this time."


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
            "The log holds an attestation with the same claim; the file differs only outside what it binds.",
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
        if report.similarity.degraded:
            yield Action.ACCEPT, "index_degraded", "An index is being rebuilt; matches may be missing."

    verdict = _verdict(rules())
    return replace(report, action=verdict.action.value, reasons=verdict.reasons)


def screening(similarity: Similarity) -> Verdict:
    """The verdict on an item of a stream, from its similarity alone (the command line's `screen`)."""

    def rules() -> Iterator[_Rule]:
        yield from campaign_rules(similarity.campaign)
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
    list it is `unchecked`.
    """
    if (
        report.credential.status == "invalid"
        or report.credential.revocation == "revoked"
        or report.registry.status is Registry.REVOKED
    ):
        return Outcome.REFUSED
    vouched = report.registry.status in (Registry.ATTESTED, Registry.ATTESTED_VARIANT)
    if vouched or report.credential.status == "trusted":
        return Outcome.VERIFIED
    return Outcome.UNCHECKED
