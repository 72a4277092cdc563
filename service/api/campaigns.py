"""`/campaigns`: clusters of near-duplicates in one's own stream, with members, growth and sources."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from detector import queries
from detector.flows.decisions import decide_campaign
from service.api.auth import Caller, caller_of, needs
from service.api.errors import ApiError
from service.api.schemas import CampaignSummary, described

router = Router(tags=["campaigns"])
MAX_OFFSET = 1_000_000
Taken = Literal["active", "benign", "confirmed", "dismissed"]


class Member(Schema):
    """One item of a campaign."""

    item: str
    kind: str
    medium: str
    sha256: str
    source: str
    author: str
    time: str
    excerpt: str
    subject: str | None


class Count(Schema):
    """How many members share one source, author, hour or day."""

    name: str
    count: int


class Campaign(CampaignSummary):
    """One campaign; `members` and the counts are of the caller's own items, `size` is of all."""

    members: list[Member]
    growth: list[Count]
    daily: list[Count]
    top_sources: list[Count]
    top_authors: list[Count]


class Campaigns(Schema):
    """A page of campaigns, the most recently active first; `next` is the offset of the following page."""

    items: list[CampaignSummary]
    next: int | None


def _tenant(caller: Caller) -> str | None:
    """Whose items to look among: one's own; all, for a moderator."""
    return None if caller.is_moderator else caller.account.tenant


def _counts(pairs: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in pairs]


@router.get(
    "",
    auth=needs("screen", "moderate"),
    response=Campaigns,
    operation_id="list_campaigns",
    openapi_extra={"responses": described({401: "no key", 403: "wrong scope"})},
)
def listed(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    standing: Taken | None = None,
) -> dict[str, Any]:
    """The campaigns that hold items you screened or attested; with `standing`, those taken for that."""
    tenant = _tenant(caller_of(request))
    found = queries.campaigns(tenant=tenant, standing=standing, limit=limit + 1, offset=offset)
    return {
        "items": [asdict(one) for one in found[:limit]],
        "next": offset + limit if len(found) > limit else None,
    }


@router.get(
    "/{campaign_id}",
    auth=needs("screen", "moderate"),
    response=Campaign,
    operation_id="read_campaign",
    openapi_extra={"responses": described({401: "no key", 403: "wrong scope", 404: "not yours"})},
)
def read(request: HttpRequest, campaign_id: str) -> dict[str, Any]:
    """One campaign with its members, oldest first, at most two hundred of them."""
    detail = queries.campaign(campaign_id, tenant=_tenant(caller_of(request)))
    if detail is None:
        raise ApiError("not_found", "There is no such campaign.")
    return {
        **asdict(detail.summary),
        "members": [asdict(member) for member in detail.members],
        "growth": _counts(detail.growth),
        "daily": _counts(detail.daily),
        "top_sources": _counts(detail.sources),
        "top_authors": _counts(detail.authors),
    }


class CampaignWord(Schema):
    """Whether the campaign is one: then it is always flagged; if it is none, it never is."""

    same: bool


@router.post(
    "/{campaign_id}/decision",
    auth=needs("moderate"),
    response=CampaignSummary,
    operation_id="decide_campaign",
    openapi_extra={"responses": described({401: "no key", 403: "no moderator", 404: "no such campaign"})},
)
def decide(request: HttpRequest, campaign_id: str, word: CampaignWord) -> dict[str, Any]:
    """A moderator's word on a whole campaign; it stays with whatever the campaign becomes."""
    if not caller_of(request).is_moderator:
        raise ApiError("forbidden", "Only a moderator decides on campaigns.")
    row = queries.campaign_row(campaign_id)
    if row is None:
        raise ApiError("not_found", "There is no such campaign.")
    return asdict(queries.summary(decide_campaign(row, same=word.same)))
