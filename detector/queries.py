"""Reads over the detector's tables, for whoever shows them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from detector.models import Campaign, Item
from detector.similarity import CampaignSummary


@dataclass(frozen=True, slots=True)
class Member:
    """One item of a campaign. `time` is RFC 3339."""

    item: str
    kind: str
    medium: str
    sha256: str
    source: str
    author: str
    time: str
    excerpt: str
    subject: str | None
    tenant: str | None


@dataclass(frozen=True, slots=True)
class CampaignDetail:
    """A campaign in full: members oldest first, how many came each hour, and from where.

    `growth` pairs an hour (RFC 3339) with the members seen in it. `members` may be cut: `summary.size` is the
    whole number.
    """

    summary: CampaignSummary
    members: tuple[Member, ...]
    growth: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    authors: tuple[tuple[str, int], ...]


def summary(campaign: Campaign) -> CampaignSummary:
    """A campaign row as the match stage's value."""
    return CampaignSummary(
        id=str(campaign.uid),
        size=campaign.size,
        sources=campaign.sources,
        authors=campaign.authors,
        first_seen=campaign.first_seen.isoformat(),
        last_seen=campaign.last_seen.isoformat(),
        standing=campaign.standing,
    )


def campaigns(*, tenant: str | None = None, limit: int = 100, offset: int = 0) -> list[CampaignSummary]:
    """Campaigns, the most recently active first; with `tenant`, only those of that account."""
    rows = Campaign.objects.filter(size__gt=1)
    if tenant is not None:
        rows = rows.filter(tenant=tenant)
    return [summary(row) for row in rows.order_by("-last_seen", "id")[offset : offset + limit]]


def campaign(uid: str, *, tenant: str | None = None, limit: int = 200) -> CampaignDetail | None:
    """One campaign with its members, or None where the id is unknown or malformed.

    With `tenant`, a campaign of another account is unknown too.
    """
    try:
        row = Campaign.objects.filter(uid=UUID(uid)).first()
    except ValueError:
        return None
    if row is None or (tenant is not None and row.tenant != tenant):
        return None
    items = Item.objects.filter(campaign=row)
    told = list(items.values_list("time", "source", "author"))
    hours = Counter(time.replace(minute=0, second=0, microsecond=0).isoformat() for time, _, _ in told)
    return CampaignDetail(
        summary=summary(row),
        members=tuple(_member(item) for item in items.order_by("time", "id")[:limit]),
        growth=tuple(sorted(hours.items())),
        sources=_counted(source for _, source, _ in told),
        authors=_counted(author for _, _, author in told),
    )


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counts = Counter(name for name in names if name)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _member(item: Item) -> Member:
    return Member(
        item=str(item.uid),
        kind=item.kind,
        medium=item.medium,
        sha256=item.sha256,
        source=item.source,
        author=item.author,
        time=item.time.isoformat(),
        excerpt=item.excerpt,
        subject=item.subject,
        tenant=item.tenant,
    )
