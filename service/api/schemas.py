"""The report's shape for OpenAPI: exactly what service.report.Report.as_dict() prints everywhere."""

from typing import Any, Literal

from django.http import HttpResponse, JsonResponse
from ninja import Schema

from service.report import Report as Composed


class Reason(Schema):
    """Why: a stable code and a sentence."""

    code: str
    sentence: str


class Problem(Schema):
    """RFC 9457 problem details with a stable `code` (docs/formats/errors.md)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str


class Finding(Schema):
    """One validation status of the content credential; depth 0 is the file itself."""

    code: str
    sentence: str
    depth: int
    title: str


class Statement(Schema):
    """One side of the credential in one sentence, with the C2PA status codes that it rests on."""

    axis: str
    value: str
    sentence: str
    codes: list[str]


class ListVerdict(Schema):
    """What one trust list says of the signer; `sha256` and `version` are the list's own."""

    name: str
    version: str
    sha256: str
    verdict: str


class Product(Schema):
    """The entry of the list of conforming products that bears the signing certificate's name."""

    name: str
    organisation: str
    record_id: str
    status: str
    assurance_level: int | None


class NamedIdentity(Schema):
    """Who else put their name to the content (CAWG identity), and how far that holds."""

    name: str
    kind: str
    status: str


class CredentialAxis(Schema):
    """What the content credentials say, worst of the whole ingredient chain.

    `padding_hex` holds the hidden bytes, cut at 1,024; `claim_sha256` and `binding_sha256` identify what was
    signed, whatever the file's own digest.
    """

    status: Literal["trusted", "untrusted_issuer", "invalid", "none", "unchecked"]
    signer: str | None
    trust_list: str | None
    revocation: Literal["good", "revoked", "unknown"]
    time: Literal["timestamped", "claimed", "none"]
    signed_at: str | None
    history: Literal["intact", "tampered_ingredient", "erased"]
    generator: str | None
    manifest_label: str | None
    padding_bytes: int
    findings: list[Finding]
    statements: list[Statement]
    trust_lists: list[ListVerdict]
    product: Product | None
    identities: list[NamedIdentity]
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


class RegistryAxis(Schema):
    """What the log knows of these bytes; `original` is the attestation that a copy was recognised as, with
    its place in the log and the address of the public part of its proof.
    """

    status: Literal["attested", "attested_variant", "attested_copy", "revoked", "none"]
    leaf_index: int | None
    log_origin: str | None
    log_key: str | None
    attested_at: str | None
    checkpoint_size: int | None
    revoked_at: str | None
    original: str | None
    problems: list[Reason]
    original_leaf: int | None
    original_proof: str | None


class Anchor(Schema):
    """One checkpoint's place on one chain; a local chain says `trust: "none"`."""

    chain_id: int
    registry: str
    block: int | None
    time: str | None
    finality: Literal["pending", "included", "final", "unchecked"]
    trust: Literal["none", "unchecked", "public"]
    transaction: str | None


class Moment(Schema):
    """One time and who gives it: an authority, the signer, the log's operator or a chain."""

    kind: Literal["timestamped", "claimed", "logged", "anchored"]
    time: str
    by: str | None
    trust: Literal["trusted", "untrusted", "claim", "operator", "public", "unchecked", "none"]


class OriginAxis(Schema):
    """How the content came to be, as declared, and by whom; `conflict` where an attestation differs."""

    status: Literal["ai_generated", "ai_edited", "human", "composite", "unknown"]
    digital_source_type: str | None
    by: str | None
    conflict: str | None


class Region(Schema):
    """Which part of a picture was found in which part of the other, and how it was turned.

    `asked` and `matched` are the outlines of the agreeing points in the two pictures, corners (x, y) as
    shares of width and height; `matrix` (a, b, c, d, e, f) puts the asked picture's point (x, y), mirrored
    first where `mirrored`, at (ax + by + c, dx + ey + f). `rotation` is in degrees counter-clockwise.
    """

    transform: Literal["affine"]
    matrix: list[float]
    rotation: float
    scale: float
    mirrored: bool
    inverted: bool
    inliers: int
    pairs: int
    asked: list[list[float]]
    matched: list[list[float]]
    asked_ratio: float
    matched_ratio: float


class Match(Schema):
    """One near-duplicate: `distance` and `threshold` in the method's own unit, `score` from 0 to 1."""

    item: str
    score: float
    distance: float
    method: str
    threshold: float
    why: str
    subject: str | None
    tenant: str | None
    sha256: str | None
    seen_at: str | None
    region: Region | None


class CampaignSummary(Schema):
    """A cluster of near-duplicates over time (RFC 3339), and what it is taken for."""

    id: str
    size: int
    sources: int
    authors: int
    first_seen: str
    last_seen: str
    standing: Literal["active", "benign", "confirmed", "dismissed"]


class Banked(Schema):
    """The entry of a bank that it resembles most: `deny` is known bad, `allow` known good."""

    bank: Literal["deny", "allow"]
    entry: str
    label: str
    score: float
    distance: float
    method: str
    threshold: float
    why: str


class Calibrated(Schema):
    """How a method's threshold was set; `rate` is the most false matches a query, with 95 % confidence, at an
    index of `index_size` items. Null where nobody has measured it.
    """

    method: str
    threshold: float
    rate: float | None
    queries: int | None
    false_matches: int | None
    index_size: int | None
    set_on: str


class SimilarityAxis(Schema):
    """What it resembles; `degraded` says that an index is being rebuilt and matches may be missing, `unread`
    why the content could not be decoded and was compared by its digest alone, `plain` that it is too short or
    plain for likeness to mean anything.
    """

    matches: list[Match]
    campaign: CampaignSummary | None
    degraded: bool
    methods: list[str]
    bank: Banked | None
    calibration: str
    calibrated: list[Calibrated]
    plain: bool
    unread: Reason | None = None


class IndexVersion(Schema):
    """The index that was asked, and the highest item number that counted."""

    kind: str
    layout: int
    sequence: int


class Recipe(Schema):
    """What the verdict was made with, by SHA-256; `banks` and `decisions` tell their states apart."""

    weights: dict[str, str]
    calibration: str
    policy: str
    index: IndexVersion | None
    banks: str
    decisions: str


class Report(Schema):
    """Everything we can say of one piece of content, axis by axis, then an action with its reasons."""

    sha256: str
    media_type: str
    name: str
    size: int
    credential: CredentialAxis
    registry: RegistryAxis
    anchor: list[Anchor]
    times: list[Moment]
    contradictions: list[Reason]
    origin: OriginAxis
    similarity: SimilarityAxis
    action: Literal["accept", "review", "flag", ""]
    reasons: list[Reason]
    id: str | None
    recipe: Recipe | None


def answer(report: Composed) -> HttpResponse:
    """A report as the response: `as_dict()` itself, not a copy through the schema, so they cannot differ."""
    response = JsonResponse(report.as_dict())
    response["Cache-Control"] = "no-store"
    return response


def described(statuses: dict[int, str]) -> dict[str, Any]:
    """OpenAPI responses for problems: those worth naming by status, and any other as the default."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    named = {str(status): {"description": about, "content": content} for status, about in statuses.items()}
    return named | {"default": {"description": "any other problem", "content": content}}


def body(**fields: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI requestBody of a call that takes multipart with a file, or JSON; `fields` are JSON Schemas."""
    file: dict[str, Any] = {"type": "string", "format": "binary", "description": "the content itself"}
    form = {"type": "object", "properties": {"file": file, **fields}}
    plain: dict[str, Any] = {"type": "object", "properties": fields}
    return {
        "required": True,
        "content": {"multipart/form-data": {"schema": form}, "application/json": {"schema": plain}},
    }
