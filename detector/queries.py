"""Reads over the detector's tables, for whoever shows them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max

from detector.models import BankEntry, Campaign, Decision, Item
from detector.recalibration import Judged
from detector.similarity import CampaignSummary


@dataclass(frozen=True, slots=True)
class Word:
    """A moderator's word on two contents, named by their SHA-256."""

    id: str
    first: str
    second: str
    medium: str
    same: bool
    by: str
    note: str
    at: str


def word_of(row: Decision) -> Word:
    """A row as a value."""
    return Word(
        id=str(row.uid),
        first=row.first_sha256,
        second=row.second_sha256,
        medium=row.medium,
        same=row.same,
        by=row.decided_by,
        note=row.note,
        at=row.created_at.isoformat(),
    )


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

    `growth` pairs an hour (RFC 3339) with the members seen in it, `daily` a day with its own. `members` may
    be cut: `summary.size` is the whole number.
    """

    summary: CampaignSummary
    members: tuple[Member, ...]
    growth: tuple[tuple[str, int], ...]
    daily: tuple[tuple[str, int], ...]
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


def campaigns(
    *, tenant: str | None = None, standing: str | None = None, limit: int = 100, offset: int = 0
) -> list[CampaignSummary]:
    """Campaigns, the most recently active first; with `tenant`, only those of that account, with `standing`
    only those taken for that.
    """
    rows = Campaign.objects.filter(size__gt=1)
    if standing is not None:
        rows = rows.filter(standing=standing)
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
        daily=tuple(sorted(Counter(time.date().isoformat() for time, _, _ in told).items())),
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


def decisions_version() -> str:
    """What tells one state of the moderators' decisions from another: how many, and the newest one's
    number."""
    found = Decision.objects.aggregate(count=Count("pk"), last=Max("created_at"))
    return f"{found['count']}/{found['last'].isoformat() if found['last'] else ''}"


def item(uid: str) -> Item | None:
    """The item of that id, or None where the id is unknown or malformed."""
    try:
        return Item.objects.filter(uid=UUID(uid)).first()
    except ValueError:
        return None


def campaign_row(uid: str) -> Campaign | None:
    """The campaign's row, or None where the id is unknown or malformed."""
    try:
        return Campaign.objects.filter(uid=UUID(uid)).first()
    except ValueError:
        return None


def words(*, limit: int = 100, offset: int = 0) -> list[Word]:
    """What moderators decided of pairs, the newest first."""
    return [word_of(row) for row in Decision.objects.order_by("-created_at", "-pk")[offset : offset + limit]]


def judged() -> list[Judged]:
    """All decisions, as far as thresholds go."""
    rows = Decision.objects.order_by("pk").values_list("uid", "same", "distances")
    return [
        Judged(str(uid), same, {str(method): float(d) for method, d in distances.items()})
        for uid, same, distances in rows
    ]


def entry_values(row: BankEntry) -> dict[str, str]:
    """A bank's entry as it is told: its id, bank, label, medium, digest, excerpt, by whom and when."""
    return {
        "id": str(row.uid),
        "bank": row.bank,
        "label": row.label,
        "medium": row.medium,
        "sha256": row.sha256,
        "excerpt": row.excerpt,
        "added_by": row.added_by,
        "created_at": row.created_at.isoformat(),
    }


def bank_entries(bank: str | None = None) -> list[BankEntry]:
    """The entries of all banks, or of one, the newest first."""
    rows = BankEntry.objects.order_by("-created_at", "-pk")
    return list(rows if bank is None else rows.filter(bank=bank))
