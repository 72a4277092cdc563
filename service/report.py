"""Inspection + Standing + Similarity → Report: axes that are never collapsed into one green tick.

Plain Python: the pipeline, the API, the portal and the command line all print what is composed here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from attest.standing import Anchor, Registration, Standing
from detector.similarity import Banked, Calibrated, CampaignSummary, Match, Similarity
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
from service.recipe import Recipe
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
    """What the log knows of these bytes.

    `original` is the attestation that a copy was recognised as, `original_leaf` its place in the log and
    `original_proof` the address of the public part of its proof.
    """

    status: Registry
    leaf_index: int | None
    log_origin: str | None
    log_key: str | None
    attested_at: str | None
    checkpoint_size: int | None
    revoked_at: str | None
    original: str | None
    problems: tuple[Reason, ...]
    original_leaf: int | None = None
    original_proof: str | None = None


@dataclass(frozen=True, slots=True)
class OriginAxis:
    """How the content came to be, as declared, and by whom: None where only a broken credential says so.

    `conflict` is a sentence where its own credential claims one origin and somebody attested nearly the same
    content, earlier, with another.
    """

    status: Origin
    digital_source_type: str | None
    by: str | None
    conflict: str | None = None


@dataclass(frozen=True, slots=True)
class SimilarityAxis:
    """What it resembles. `unread` says why the content could only be compared by its digest."""

    matches: tuple[Match, ...]
    campaign: CampaignSummary | None
    degraded: bool
    methods: tuple[str, ...]
    bank: Banked | None = None
    calibration: str = ""
    calibrated: tuple[Calibrated, ...] = ()
    plain: bool = False
    unread: Reason | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """What was attested of the content that this one resembles: by which submission, where it stands in the
    log, what was declared, and the digest of the signed claim.
    """

    subject: str
    leaf_index: int | None
    source_type: str
    claim_sha256: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything we can say of one piece of content. `action` and `reasons` are the policy's.

    `times` holds every time that anybody gives, side by side, and `contradictions` those that cannot all be
    right. `recipe` names what the verdict was made with; `id` is under what it is kept, for `recheck`, or
    None.
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
    id: str | None = None
    recipe: Recipe | None = None

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


def compose(
    subject: Subject,
    inspection: Inspection,
    standing: Standing,
    similarity: Similarity,
    original: Original | None = None,
) -> Report:
    """Compose the axes; decides nothing (service.policy does).

    `original` is what attested_original() names, where whoever composes knows it.
    """
    times = moments(inspection, standing)
    return Report(
        sha256=subject.sha256,
        media_type=subject.media_type,
        name=subject.name,
        size=subject.size,
        credential=_credential(inspection),
        registry=_registry(inspection, standing, similarity, original),
        anchor=standing.anchors,
        times=times,
        contradictions=_contradictions(subject, inspection, standing, times),
        origin=replace(_origin(inspection, standing), conflict=_conflict(inspection, standing, original)),
        similarity=axis_of(similarity),
    )


def axis_of(similarity: Similarity) -> SimilarityAxis:
    """The similarity axis."""
    unread = Reason(similarity.unread.code, similarity.unread.sentence) if similarity.unread else None
    return SimilarityAxis(
        matches=similarity.matches,
        campaign=similarity.campaign,
        degraded=similarity.degraded,
        methods=similarity.methods,
        bank=similarity.bank,
        calibration=similarity.calibration,
        calibrated=similarity.calibrated,
        plain=similarity.plain,
        unread=unread,
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


def attested_original(similarity: Similarity) -> Match | None:
    """The best match that an attestation stands behind, if any; of what is too plain to tell, none."""
    if similarity.plain:
        return None
    return next((match for match in similarity.matches if match.subject), None)


def _conflict(inspection: Inspection, standing: Standing, original: Original | None) -> str | None:
    """Two origins claimed for nearly the same content: by its own credential, and by an attestation.

    None where the credential's history holds the attested claim: then it is a version of it, and says so.
    """
    claimed = inspection.credential in (Credential.TRUSTED, Credential.UNTRUSTED_ISSUER, Credential.INVALID)
    if original is None or not claimed or standing.registration is not Registration.NONE:
        return None
    if original.claim_sha256 in inspection.ancestors or original.claim_sha256 == inspection.claim_sha256:
        return None
    declared = original.source_type
    if original.source_type in set(SourceType):
        declared = SourceType(original.source_type).origin.value
    signer = f"“{inspection.signer}”" if inspection.signer else "somebody unnamed"
    return (
        f"Its own credential names another origin ({signer}, “{inspection.origin.value}”) than attestation "
        f"{original.subject} of nearly the same content (“{declared}”), which its history does not mention."
    )


def _registry(
    inspection: Inspection, standing: Standing, similarity: Similarity, known: Original | None
) -> RegistryAxis:
    status, original = Registry(standing.registration.value), None
    copy = attested_original(similarity)
    # Only media that lost its credentials is a copy of an attestation; content that carries its own
    # credential speaks for itself, and the match stays visible on the similarity axis.
    if standing.registration is Registration.NONE and inspection.credential is Credential.NONE and copy:
        status, original = Registry.ATTESTED_COPY, copy.subject
    leaf = known.leaf_index if known is not None and known.subject == original else None
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
        original_leaf=leaf,
        original_proof=None if leaf is None else f"/api/v1/proofs/{leaf}",
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


def report_from(stored: Mapping[str, Any]) -> Report:
    """Rebuild a Report from what as_dict() gave."""
    report: Report = _adapter(Report).validate_python(stored)
    return report


def inspection_from(stored: Mapping[str, Any]) -> Inspection:
    """Rebuild an Inspection that was kept as JSON beside a submission, by this version or an earlier one."""
    inspection: Inspection = _adapter(Inspection).validate_python(stored)
    return inspection


@cache
def _adapter(kind: type) -> "TypeAdapter[Any]":
    # Loaded here: the offline command line composes reports and rebuilds none.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
