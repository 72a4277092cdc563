"""`/sbr/v1`: the C2PA Soft Binding Resolution API, which leads from a stripped copy back to its credential.

Open to everybody, as the specification has it. What is answered with are manifests of signed and logged
attestations that nobody revoked; what is held or refused, and what was only screened, does not exist here.
Names and shapes are those of C2PA's OpenAPI document 1.0.0, errors are this service's own.
"""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema

from detector.fingerprints.soft_binding import ISCC_ALGORITHM, MAX_VALUE, PDQ_ALGORITHM, soft_bindings
from detector.flows.by_binding import by_binding
from detector.matching.finding import MOST_MATCHES
from detector.similarity import Match
from provenance.inspection.jumbf import active_alone
from service import pipeline, wiring
from service.api import download
from service.api.application import Api
from service.api.content import CHUNK
from service.api.errors import ApiError
from service.api.schemas import described
from service.api.throttle import Rate
from service.intake import incoming
from service.models import State, Submission

ALGORITHMS = (ISCC_ALGORITHM, PDQ_ALGORITHM)
_PUBLIC = (State.APPENDED, State.LOGGED, State.ANCHORED)
_MEDIA = ("image/*", "audio/*", "video/*", "application/*", "text/*")

router = Router()

MaxResults = Annotated[int, Query(ge=1, description=f"at most {MOST_MATCHES} are ever returned")]
Algorithm = Annotated[str, Query(max_length=200)]


class Named(Schema):
    """One algorithm, by its name in the C2PA soft binding algorithm list, or one of our own."""

    alg: str


class Algorithms(Schema):
    """By which soft bindings one may ask here."""

    watermarks: list[Named]
    fingerprints: list[Named]


class Found(Schema):
    """One manifest; it is had from `/manifests/{manifestId}` of this service."""

    manifestId: str  # noqa: N815 - the specification's name
    similarityScore: int = Field(ge=0, le=100)  # noqa: N815


class Matches(Schema):
    """The manifests of what was asked for, nearest first."""

    matches: list[Found]


class SoftBindingQuery(Schema):
    """A soft binding too long for an address."""

    alg: str = Field(max_length=200)
    value: str = Field(max_length=MAX_VALUE)


def _published() -> QuerySet[Submission]:
    if settings.CONFIG.soft_binding_lookup == "off":
        return Submission.objects.none()
    return Submission.objects.filter(state__in=_PUBLIC, revoked_at=None).exclude(store=None)


def _identifier(submission: Submission) -> str:
    """The manifest's own identifier, or the attestation's, of those signed before it was kept."""
    return submission.manifest_label or str(submission.pk)


def _answered(found: Iterable[Match], most: int) -> dict[str, Any]:
    """The published ones among these, each manifest once with its best score."""
    best: dict[UUID, float] = {}
    for match in found:
        if match.subject:
            best[UUID(match.subject)] = max(match.score, best.get(UUID(match.subject), 0.0))
    rows = _published().filter(pk__in=best)
    told = sorted(rows, key=lambda row: (-best[row.pk], row.created_at))[:most]
    return {
        "matches": [
            {"manifestId": _identifier(row), "similarityScore": round(100 * best[row.pk])} for row in told
        ]
    }


def _by_binding(alg: str, value: str) -> tuple[Match, ...]:
    # An unescaped plus arrives as a space, which base64 does not have.
    return by_binding(wiring.live_index(), alg, value.replace(" ", "+"), limit=MOST_MATCHES)


@router.get(
    "/matches/byBinding",
    auth=None,
    throttle=Rate("lookup"),
    response=Matches,
    operation_id="queryByBinding",
    openapi_extra={"responses": described({400: "no such algorithm, or no value of its", 429: "too often"})},
)
def query_by_binding(
    request: HttpRequest,
    alg: Algorithm,
    value: Annotated[str, Query(max_length=MAX_VALUE)],
    maxResults: MaxResults = 10,  # noqa: N803 - the specification's name
) -> dict[str, Any]:
    """The manifests of attested content with this soft binding, or one near it."""
    return _answered(_by_binding(alg, value), maxResults)


@router.post(
    "/matches/byBinding",
    auth=None,
    throttle=Rate("lookup"),
    response=Matches,
    operation_id="queryByLargeBinding",
    openapi_extra={"responses": described({400: "no such algorithm, or no value of its", 429: "too often"})},
)
def query_by_large_binding(
    request: HttpRequest,
    query: SoftBindingQuery,
    maxResults: MaxResults = 10,  # noqa: N803
) -> dict[str, Any]:
    """The same for a soft binding that is too long for an address."""
    return _answered(_by_binding(query.alg, query.value), maxResults)


@router.post(
    "/matches/byContent",
    auth=None,
    throttle=Rate("verify"),
    response=Matches,
    operation_id="uploadFile",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA},
        },
        "responses": described({400: "no such algorithm", 413: "too large", 415: "a form", 429: "too often"}),
    },
)
def query_by_content(
    request: HttpRequest,
    alg: Annotated[str | None, Query(max_length=200)] = None,
    maxResults: MaxResults = 10,  # noqa: N803
    hintAlg: Annotated[str | None, Query(max_length=200)] = None,  # noqa: N803
    hintValue: Annotated[str | None, Query(max_length=MAX_VALUE)] = None,  # noqa: N803
) -> dict[str, Any]:
    """The manifests of attested content that the body resembles: by `alg` alone, or by all that we compare.

    The body is the content itself, of any kind; nothing of it is kept.
    """
    if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise ApiError("unsupported_content_type", "The body must be the content itself, not a form.")
    hinted = _by_binding(hintAlg, hintValue) if hintAlg and hintValue else ()
    if alg is not None and alg not in ALGORITHMS:
        raise ApiError("binding_unknown")
    with incoming(iter(lambda: request.read(CHUNK), b""), "") as asset:
        prints = pipeline.prints_of(asset)
    if alg is None:
        similarity = wiring.live_index().match(prints, tenant_filter="")
        own = () if similarity.plain else similarity.matches
    else:
        values = [value for algorithm, value in soft_bindings(prints) if algorithm == alg]
        own = tuple(match for value in values for match in _by_binding(alg, value))
    return _answered((*hinted, *own), maxResults)


@router.get(
    "/manifests/{manifestId}",
    auth=None,
    throttle=Rate("lookup"),
    operation_id="getManifestById",
    openapi_extra={
        "responses": {
            "200": {
                "description": "the C2PA manifest store",
                "content": {"application/c2pa": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
        | described({404: "no such manifest, or revoked", 429: "too often"})
    },
)
def manifest_by_id(
    request: HttpRequest,
    manifestId: str,  # noqa: N803
    returnActiveManifest: Annotated[bool, Query()] = False,  # noqa: N803
) -> HttpResponseBase:
    """The manifest store whose active manifest this is, with that manifest alone.

    Whole, where SOFT_BINDING_LOOKUP is "whole": it then holds the credentials of what it was made from too.
    """
    rows = _published().select_related("store")
    found = rows.filter(manifest_label=manifestId).first() if manifestId.isprintable() else None
    if found is None:
        try:
            found = rows.filter(pk=UUID(manifestId), manifest_label="").first()
        except ValueError:
            found = None
    if found is None or found.store is None:
        raise ApiError("not_found", "There is no such manifest.")
    name = f"{found.pk}.c2pa"
    if not returnActiveManifest and settings.CONFIG.soft_binding_lookup == "whole":
        return download.stored(found.store, "application/c2pa", name)
    with wiring.asset_store().open(found.store.key) as file:
        return download.made(active_alone(file.read()), "application/c2pa", name)


@router.get(
    "/services/supportedAlgorithms",
    auth=None,
    response=Algorithms,
    operation_id="getSupportedBindings",
    openapi_extra={"responses": described({})},
)
def supported(request: HttpRequest) -> dict[str, Any]:
    """By which soft bindings one may ask here."""
    return {"watermarks": [], "fingerprints": [{"alg": alg} for alg in ALGORITHMS]}


sbr = Api(
    title="Assay: C2PA Soft Binding Resolution",
    version="1",
    description="The C2PA Soft Binding Resolution API over what is attested here.",
    urls_namespace="sbr",
)
sbr.anywhere = True
sbr.add_router("", router)


def openapi(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document."""
    return sbr.document("sbr/v1/")
