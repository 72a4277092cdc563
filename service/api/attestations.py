"""`/attestations`: ask for one, follow it, take its files and its proof, revoke it. Always one's own."""

from pathlib import PurePath
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Field, Header, Query, Router, Schema, Status

from provenance.manifests.manifest import SourceType, TrainingChoice
from service import pipeline
from service.api import cursor, download
from service.api.attestation_schema import Accepted, Attestation, Page, accepted, full, path_of, summary
from service.api.auth import Caller, caller_of, needs
from service.api.content import content, fields_of
from service.api.errors import ApiError
from service.api.idempotency import idempotency_key
from service.api.schemas import body, described
from service.api.throttle import Rate
from service.models import State, Submission
from service.pipeline import AttestRequest
from service.wishes import MAX_AUTHOR, WISHES, wishes_from

router = Router(tags=["attestations"])
READ = ("attest", "verify", "moderate")
MAX_PARENTS = 50
_MISSING = {401: "no key", 403: "wrong scope", 404: "no such attestation of yours"}


class Wish(Schema):
    """What to attest beside a file: a text or an address, how it came to be, and what it was made from."""

    text: str | None = None
    url: str | None = None
    source_type: str
    title: str = Field("", max_length=300)
    parents: list[str] = Field(default_factory=list, max_length=MAX_PARENTS)
    training: TrainingChoice | Literal[""] = ""
    author: str = Field("", max_length=MAX_AUTHOR)
    keep_metadata: bool = False
    accept_broken_parent: bool = False
    embed_text: bool = False


class Withdrawal(Schema):
    """Why an attestation is revoked; the log shows it to everybody."""

    reason: str = Field("", max_length=200)


_BODY = body(
    text={"type": "string"},
    url={"type": "string", "format": "uri"},
    source_type={"type": "string", "enum": [kind.value for kind in SourceType]},
    title={"type": "string", "maxLength": 300},
    parents={"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": MAX_PARENTS},
    training={"type": "string", "enum": [choice.value for choice in TrainingChoice]},
    author={"type": "string", "maxLength": MAX_AUTHOR},
    keep_metadata={"type": "boolean", "default": False},
    accept_broken_parent={"type": "boolean", "default": False},
    embed_text={"type": "boolean", "default": False},
)
for _media in _BODY["content"].values():
    _media["schema"]["required"] = ["source_type"]


def visible(caller: Caller, attestation_id: str) -> Submission:
    """That attestation, if it is the caller's own or the caller moderates. Raises ApiError `not_found`."""
    try:
        wanted = UUID(attestation_id)
    except ValueError as error:
        raise ApiError("not_found", "There is no such attestation.") from error
    if str(wanted) != attestation_id.lower():
        raise ApiError("not_found", "There is no such attestation.")
    rows = Submission.objects.select_related("account", "asset", "signed", "store")
    if not caller.is_moderator:
        rows = rows.filter(account=caller.account)
    found = rows.filter(pk=wanted).first()
    if found is None:
        raise ApiError("not_found", "There is no such attestation.")
    return found


@router.post(
    "",
    auth=needs("attest"),
    throttle=Rate("attest"),
    response={202: Accepted},
    operation_id="attest",
    openapi_extra={
        "requestBody": _BODY,
        "responses": described(
            {
                401: "no key",
                403: "wrong scope",
                409: "Idempotency-Key used for another request",
                413: "too large",
                415: "kind not taken",
                422: "content or fields refused",
                429: "too often",
                507: "storage full",
            }
        ),
    },
)
def attest(
    request: HttpRequest,
    response: HttpResponse,
    idempotency: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Status[dict[str, Any]]:
    """Ask for content to be attested. The answer comes at once; follow `links.self` until `anchored`."""
    caller = caller_of(request)
    key = idempotency_key(idempotency)
    wish = fields_of(request, Wish)
    # The pipeline names parents by their id; a file's own spelling of it must not make another request.
    parents = tuple(p.strip() for p in wish.parents)
    wishes = wishes_from({name: getattr(wish, name) for name in WISHES})
    asked = AttestRequest(wish.source_type, wish.title, parents, key, wishes)
    with content(request, wish.text, wish.url) as asset:
        submission = pipeline.submit(caller.account, asset, asked)
    response["Location"] = path_of(submission)
    return Status(202, accepted(submission))


@router.get(
    "",
    auth=needs(*READ),
    response=Page,
    operation_id="list_attestations",
    openapi_extra={"responses": described({401: "no key", 403: "wrong scope", 422: "bad cursor"})},
)
def listed(
    request: HttpRequest,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    state: Annotated[State | None, Query()] = None,
) -> dict[str, Any]:
    """Your attestations, newest first."""
    rows = Submission.objects.filter(account=caller_of(request).account).select_related("asset", "signed")
    if state is not None:
        rows = rows.filter(state=state)
    if after is not None:
        rows = rows.filter(cursor.older_than(*cursor.read(after)))
    page = list(rows.order_by("-created_at", "-id")[: limit + 1])
    last = page[limit - 1] if len(page) > limit else None
    return {
        "items": [summary(row) for row in page[:limit]],
        "next": cursor.write(last.created_at, last.pk) if last else None,
    }


@router.get(
    "/{attestation_id}",
    auth=needs(*READ),
    response=Attestation,
    operation_id="read_attestation",
    openapi_extra={"responses": described(_MISSING)},
)
def read(request: HttpRequest, attestation_id: str) -> dict[str, Any]:
    """One attestation: its state and its evidence."""
    submission = visible(caller_of(request), attestation_id)
    return full(submission, pipeline.standing_of(submission))


def _file(description: str, media_type: str) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    found = {"200": {"description": description, "content": {media_type: binary}}}
    return {"responses": found | described({**_MISSING, 409: "not signed or not logged yet"})}


def _signed_name(submission: Submission) -> str:
    """`photo.signed.jpg`; its proof and manifest are named after it, so that `verify` finds them."""
    path = PurePath(submission.name)
    return f"{path.stem}.signed{path.suffix}" if submission.embedded else submission.name


@router.get(
    "/{attestation_id}/asset",
    auth=needs(*READ),
    operation_id="download_asset",
    openapi_extra=_file("the signed file, as an attachment", "application/octet-stream"),
)
def asset(request: HttpRequest, attestation_id: str) -> HttpResponseBase:
    """The signed file; for content that cannot carry its manifest, the content unchanged."""
    submission = visible(caller_of(request), attestation_id)
    if submission.signed is None:
        raise ApiError("not_signed_yet")
    return download.stored(submission.signed, submission.signed.media_type, _signed_name(submission))


@router.get(
    "/{attestation_id}/manifest",
    auth=needs(*READ),
    operation_id="download_manifest",
    openapi_extra=_file("the C2PA manifest store", "application/c2pa"),
)
def manifest(request: HttpRequest, attestation_id: str) -> HttpResponseBase:
    """The C2PA manifest store by itself."""
    submission = visible(caller_of(request), attestation_id)
    if submission.store is None:
        raise ApiError("not_signed_yet")
    return download.stored(submission.store, "application/c2pa", f"{_signed_name(submission)}.c2pa")


@router.get(
    "/{attestation_id}/proof",
    auth=needs(*READ),
    operation_id="download_proof",
    openapi_extra=_file("the self-contained proof bundle", "application/json"),
)
def proof(request: HttpRequest, attestation_id: str) -> HttpResponseBase:
    """The proof as far as it has come; `assay verify FILE --proof P` needs nothing else."""
    submission = visible(caller_of(request), attestation_id)
    bundle = pipeline.proof(submission).to_json()
    return download.made(bundle.encode(), "application/json", f"{_signed_name(submission)}.assay.json")


@router.post(
    "/{attestation_id}/revocation",
    auth=needs("attest", "moderate"),
    throttle=Rate("attest"),
    response=Attestation,
    operation_id="revoke_attestation",
    openapi_extra={
        "requestBody": {
            "required": False,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Withdrawal"}}},
        },
        "responses": described({**_MISSING, 409: "not in the log yet", 429: "too often"}),
    },
)
def revoke(request: HttpRequest, attestation_id: str) -> dict[str, Any]:
    """Revoke: a leaf in the log and a bit on the chain. Doing it twice is doing it once."""
    submission = visible(caller_of(request), attestation_id)
    has_body = bool(request.META.get("CONTENT_LENGTH", "").strip("0"))
    reason = fields_of(request, Withdrawal).reason if has_body else ""
    revoked = pipeline.revoke(submission, reason)
    return full(revoked, pipeline.standing_of(revoked))
