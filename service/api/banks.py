"""`/banks`: contents known bad (always flagged) or known good (never flagged for their likeness)."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from detector import queries
from detector.flows.live_banks import add_entry, remove_entry
from service import pipeline
from service.api.auth import needs
from service.api.content import content, fields_of
from service.api.decisions import moderator
from service.api.errors import ApiError
from service.api.schemas import body, described

router = Router(tags=["banks"])


class Wanted(Schema):
    """Which bank, under what name; the content is a file, a text or an address."""

    bank: Literal["deny", "allow"]
    label: str = Field(max_length=200)
    text: str | None = None
    url: str | None = None


class Entry(Schema):
    """One entry of a bank. The content itself is not kept."""

    id: str
    bank: Literal["deny", "allow"]
    label: str
    medium: str
    sha256: str
    excerpt: str
    added_by: str
    created_at: str


class Entries(Schema):
    """All entries, the newest first."""

    items: list[Entry]


_BODY = body(
    bank={"enum": ["deny", "allow"]},
    label={"type": "string", "maxLength": 200},
    text={"type": "string"},
    url={"type": "string", "format": "uri"},
)


@router.post(
    "",
    auth=needs("moderate"),
    response={201: Entry},
    operation_id="add_to_bank",
    openapi_extra={
        "requestBody": _BODY,
        "responses": described({401: "no key", 403: "no moderator", 422: "content refused"}),
    },
)
def add(request: HttpRequest) -> Status[dict[str, Any]]:
    """Put a content into a bank; one that is in the other is taken out of that."""
    caller = moderator(request)
    wanted = fields_of(request, Wanted)
    with content(request, wanted.text, wanted.url) as asset:
        prints = pipeline.prints_of(asset)
    row = add_entry(prints, bank=wanted.bank, label=wanted.label, by=caller.account.tenant)
    return Status(201, queries.entry_values(row))


@router.get(
    "",
    auth=needs("moderate"),
    response=Entries,
    operation_id="list_banks",
    openapi_extra={"responses": described({401: "no key", 403: "no moderator"})},
)
def listed(request: HttpRequest, bank: Literal["deny", "allow"] | None = None) -> dict[str, Any]:
    """The entries of all banks, or of one."""
    moderator(request)
    return {"items": [queries.entry_values(row) for row in queries.bank_entries(bank)]}


@router.delete(
    "/{entry_id}",
    auth=needs("moderate"),
    response={204: None},
    operation_id="remove_from_bank",
    openapi_extra={"responses": described({401: "no key", 403: "no moderator", 404: "no such entry"})},
)
def remove(request: HttpRequest, entry_id: UUID) -> Status[None]:
    """Take an entry out."""
    moderator(request)
    if not remove_entry(entry_id):
        raise ApiError("not_found", "There is no such entry.")
    return Status(204, None)
