"""Inspection + Standing + Similarity → Report: axes that are never collapsed into one green tick.

Plain Python: the pipeline, the API, the portal and the command line all print what is composed here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from attest.standing import Anchor, Registration, Standing
from detector.similarity import CampaignSummary, Match, Similarity
from provenance.inspection.inspection import (
    Credential,
    Finding,
    Inspection,
    ListVerdict,
    NamedIdentity,
    Origin,
    Statement,
)
from provenance.manifests.manifest import SourceType
from provenance.trust.products import Product
from service.times import Moment, moments, signed_after_anchored

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class Registry(StrEnum):
    """The registry axis: what the log says, and what the detector adds to it."""

    ATTESTED = "attested"
    ATTESTED_VARIANT = "attested_variant"
    ATTESTED_COPY = "attested_copy"
    REVOKED = "revoked"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so: a stable code and a sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CredentialAxis:
    """What the content credentials say; see provenance.inspection for each value."""

    status: str
    signer: str | None
    trust_list: str | None
    revocation: str
    time: str
    signed_at: str | None
    history: str
    generator: str | None
    manifest_label: str | None
    padding_bytes: int
    findings: tuple[Finding, ...]
    statements: tuple[Statement, ...]
    trust_lists: tuple[ListVerdict, ...]
    product: Product | None
    identities: tuple[NamedIdentity, ...]
    revoked_at: str | None
    revocation_source: str | None
    stamped_at: str | None
    stamped_by: str | None
    claimed_at: str | None
    valid_from: str | None
    valid_to: str | None
    padding_hex: str
    claim_sha256: str | None
    binding_sha256: str | None


@dataclass(frozen=True, slots=True)
class RegistryAxis:
    """What the log knows of these bytes. `original` is the attestation a copy was recognised as."""

    status: Registry
    leaf_index: int | None
    log_origin: str | None
    log_key: str | None
    attested_at: str | None
    checkpoint_size: int | None
    revoked_at: str | None
    original: str | None
    problems: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class OriginAxis:
    """How the content came to be, as declared, and by whom: None where only a broken credential says so."""

    status: Origin
    digital_source_type: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class SimilarityAxis:
    """What it resembles. `unread` says why the content could only be compared by its digest."""

    matches: tuple[Match, ...]
    campaign: CampaignSummary | None
    degraded: bool
    methods: tuple[str, ...]
    unread: Reason | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything we can say of one piece of content. `action` and `reasons` are the policy's.

    `times` holds every time that anybody gives, side by side, and `contradictions` those that cannot all be
    right.
    """

    sha256: str
    media_type: str
    name: str
    size: int
    credential: CredentialAxis
    registry: RegistryAxis
    anchor: tuple[Anchor, ...]
    times: tuple[Moment, ...]
    contradictions: tuple[Reason, ...]
    origin: OriginAxis
    similarity: SimilarityAxis
    action: str = ""
    reasons: tuple[Reason, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values, the same everywhere."""
        return asdict(self)


def only_broken_credential_says(report: Report) -> bool:
    """Whether the origin rests on nothing but a credential that does not hold."""
    axis = report.origin
    broken = report.credential.status == Credential.INVALID.value
    return broken and axis.by is None and axis.status is not Origin.UNKNOWN


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being reported on: bytes by digest, or a digest alone.

    `detached` says that the credential did not come inside these bytes, so it can be younger than they are.
    """

    sha256: str
    media_type: str = "application/octet-stream"
    name: str = ""
    size: int = 0
    detached: bool = False


def compose(subject: Subject, inspection: Inspection, standing: Standing, similarity: Similarity) -> Report:
    """Compose the axes; decides nothing (service.policy does)."""
    times = moments(inspection, standing)
    return Report(
        sha256=subject.sha256,
        media_type=subject.media_type,
        name=subject.name,
        size=subject.size,
        credential=_credential(inspection),
        registry=_registry(inspection, standing, similarity),
        anchor=standing.anchors,
        times=times,
        contradictions=_contradictions(subject, inspection, standing, times),
        origin=_origin(inspection, standing),
        similarity=_similarity(similarity),
    )


def _credential(inspection: Inspection) -> CredentialAxis:
    return CredentialAxis(
        status=inspection.credential.value,
        signer=inspection.signer,
        trust_list=inspection.trust_list,
        revocation=inspection.revocation.value,
        time=inspection.time.value,
        signed_at=inspection.signed_at,
        history=inspection.history.value,
        generator=inspection.generator,
        manifest_label=inspection.manifest_label,
        padding_bytes=inspection.padding_bytes,
        findings=inspection.findings,
        statements=inspection.statements,
        trust_lists=inspection.trust_lists,
        product=inspection.product,
        identities=inspection.identities,
        revoked_at=inspection.revoked_at,
        revocation_source=inspection.revocation_source,
        stamped_at=inspection.stamped_at,
        stamped_by=inspection.stamped_by,
        claimed_at=inspection.claimed_at,
        valid_from=inspection.valid_from,
        valid_to=inspection.valid_to,
        padding_hex=inspection.padding_hex,
        claim_sha256=inspection.claim_sha256,
        binding_sha256=inspection.binding_sha256,
    )


def _contradictions(
    subject: Subject, inspection: Inspection, standing: Standing, times: tuple[Moment, ...]
) -> tuple[Reason, ...]:
    """Times that cannot all be right: those that the reader found in the file, and those against a chain's.

    A credential beside the content, or fetched from elsewhere, may be younger than the content; one inside
    it, or itself in the log, may not.
    """
    own = {finding.code: finding.sentence for finding in inspection.findings if not finding.depth}
    found = [Reason(code, own[raw]) for raw, code in _CONTRADICTIONS.items() if raw in own]
    apart = subject.detached or "assay.remoteManifestFetched" in own
    pair = signed_after_anchored(times)
    if pair is not None and (standing.matched == "claim" or not apart):
        signed, anchor = pair
        sentence = (
            f"It is said to be signed on {signed.time}, but {anchor.by} holds it since {anchor.time}: "
            "one of the two is wrong."
        )
        found.append(Reason("claimed_after_anchored", sentence))
    return tuple(found)


_CONTRADICTIONS = {
    "assay.claimedAfterStamped": "claimed_after_stamped",
    "assay.claimedInFuture": "claimed_in_future",
    "assay.claimedBeforeCertificate": "claimed_before_certificate",
}


def _similarity(found: Similarity) -> SimilarityAxis:
    unread = Reason(found.unread.code, found.unread.sentence) if found.unread else None
    return SimilarityAxis(found.matches, found.campaign, found.degraded, found.methods, unread)


def attested_original(similarity: Similarity) -> Match | None:
    """The best match that an attestation stands behind, if any."""
    return next((match for match in similarity.matches if match.subject), None)


def _registry(inspection: Inspection, standing: Standing, similarity: Similarity) -> RegistryAxis:
    status, original = Registry(standing.registration.value), None
    copy = attested_original(similarity)
    # Only media that lost its credentials is a copy of an attestation; content that carries its own
    # credential speaks for itself, and the match stays visible on the similarity axis.
    if standing.registration is Registration.NONE and inspection.credential is Credential.NONE and copy:
        status, original = Registry.ATTESTED_COPY, copy.subject
    return RegistryAxis(
        status=status,
        leaf_index=standing.leaf_index,
        log_origin=standing.log_origin,
        log_key=standing.log_key,
        attested_at=standing.attested_at,
        checkpoint_size=standing.checkpoint_size,
        revoked_at=standing.revoked_at,
        original=original,
        problems=tuple(Reason(code, sentence) for code, sentence in standing.problems),
    )


def _origin(inspection: Inspection, standing: Standing) -> OriginAxis:
    broken = inspection.credential is Credential.INVALID
    said = inspection.origin is not Origin.UNKNOWN or bool(inspection.digital_source_type)
    if said and not broken:
        return OriginAxis(inspection.origin, inspection.digital_source_type, inspection.signer)
    if standing.source_type in set(SourceType):
        by = f"log {standing.log_origin}" if standing.log_origin else None
        return OriginAxis(SourceType(standing.source_type).origin, None, by)
    # A broken credential still says something, but nobody is shown to have said it of this content.
    return OriginAxis(inspection.origin, inspection.digital_source_type, None)


def similarity_from(stored: Mapping[str, Any]) -> Similarity:
    """Rebuild a Similarity that was kept as JSON beside a submission."""
    similarity: Similarity = _adapter(Similarity).validate_python(stored)
    return similarity


def inspection_from(stored: Mapping[str, Any]) -> Inspection:
    """Rebuild an Inspection that was kept as JSON beside a submission, by this version or an earlier one."""
    inspection: Inspection = _adapter(Inspection).validate_python(stored)
    return inspection


@cache
def _adapter(kind: type) -> "TypeAdapter[Any]":
    # Loaded here: the offline command line composes reports and rebuilds none.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
