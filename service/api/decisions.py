"""`/decisions`: moderators' words on two contents, the same or not; they hold from then on."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from detector import queries
from detector.flows import decisions
from service.api.auth import Caller, caller_of, needs
from service.api.campaigns import MAX_OFFSET
from service.api.errors import ApiError
from service.api.schemas import described

router = Router(tags=["decisions"])


class PairWord(Schema):
    """Two items by their ids, as matches and campaigns name them, and whether they are the same."""

    first: str = Field(max_length=64)
    second: str = Field(max_length=64)
    same: bool
    note: str = Field("", max_length=500)


class Decision(Schema):
    """A decision; `first` and `second` are the SHA-256 of the two contents, `by` names who decided."""

    id: str
    first: str
    second: str
    medium: str
    same: bool
    by: str
    note: str
    at: str


class Decisions(Schema):
    """A page of decisions, the newest first; `next` is the offset of the following page."""

    items: list[Decision]
    next: int | None


def moderator(request: HttpRequest) -> Caller:
    """The caller, who may decide. Raises ApiError `forbidden`."""
    caller = caller_of(request)
    if not caller.is_moderator:
        raise ApiError("forbidden", "This takes a moderator's account.")
    return caller


@router.post(
    "",
    auth=needs("moderate"),
    response={201: Decision},
    operation_id="decide_pair",
    openapi_extra={
        "responses": described(
            {401: "no key", 403: "no moderator", 404: "no such item", 422: "nothing to decide"}
        )
    },
)
def decide(request: HttpRequest, word: PairWord) -> Status[dict[str, Any]]:
    """Say that two items are, or are not, the same; a later word on the same contents replaces it."""
    caller = moderator(request)
    found = [queries.item(uid) for uid in (word.first, word.second)]
    if found[0] is None or found[1] is None:
        raise ApiError("not_found", "There is no such item.")
    by, note = caller.account.tenant, word.note.replace("\0", "")
    return Status(201, asdict(decisions.decide_pair(found[0], found[1], same=word.same, by=by, note=note)))


@router.get(
    "",
    auth=needs("moderate"),
    response=Decisions,
    operation_id="list_decisions",
    openapi_extra={"responses": described({401: "no key", 403: "no moderator"})},
)
def listed(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> dict[str, Any]:
    """All decisions on pairs, the newest first."""
    moderator(request)
    found = queries.words(limit=limit + 1, offset=offset)
    return {
        "items": [asdict(one) for one in found[:limit]],
        "next": offset + limit if len(found) > limit else None,
    }


@router.delete(
    "/{decision_id}",
    auth=needs("moderate"),
    response={204: None},
    operation_id="withdraw_decision",
    openapi_extra={"responses": described({401: "no key", 403: "no moderator", 404: "no such decision"})},
)
def withdraw(request: HttpRequest, decision_id: UUID) -> Status[None]:
    """Take a decision back: the matchers decide again."""
    moderator(request)
    if not decisions.withdraw(decision_id):
        raise ApiError("not_found", "There is no such decision.")
    return Status(204, None)
