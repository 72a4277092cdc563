"""Index one item, exactly once, and put it into the campaign it belongs to."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from detector.fingerprints.fingerprint import Fingerprints
from detector.matching.admission import QUERY_ONLY
from detector.models import Campaign, FingerprintRow, Item, ItemGate, Kind


def index(
    prints: Fingerprints,
    *,
    kind: str,
    tenant: str | None = None,
    subject: str | None = None,
    source: str = "",
    author: str = "",
    time: datetime | None = None,
    key: str | None = None,
) -> Item:
    """Write the item and its fingerprints; a second call with the same `key` returns the first item.

    May be called inside the caller's transaction, after the match and never before one in the same
    transaction: a number seen by this process's index must not be rolled back. What the item resembles is
    looked for after the commit, by join_campaign (LiveIndex.with_campaign calls it): of two alike items
    written at the same time, at least the one joined later sees the other.
    """
    if key is not None and (known := Item.objects.filter(key=key).first()) is not None:
        return known
    try:
        with transaction.atomic():
            _pass_gate()
            item = Item.objects.create(
                kind=Kind(kind),
                medium=prints.medium.value,
                sha256=prints.sha256,
                tenant=tenant,
                subject=subject,
                source=_kept(source, 200),
                author=_kept(author, 200),
                time=time or timezone.now(),
                excerpt=_kept(prints.excerpt, 500),
                key=key,
            )
            FingerprintRow.objects.bulk_create(
                FingerprintRow(item=item, method=entry.method, value=entry.value, quality=entry.quality)
                for entry in prints.prints
                if entry.method not in QUERY_ONLY
            )
    except IntegrityError:
        if key is not None and (known := Item.objects.filter(key=key).first()) is not None:
            return known
        raise
    return item


def _pass_gate() -> None:
    """Wait for whoever is writing an item, and make the next one wait until this transaction ends."""
    if not ItemGate.objects.filter(pk=1).update(passed=F("passed") + 1):
        ItemGate.objects.bulk_create([ItemGate(pk=1)], ignore_conflicts=True)
        ItemGate.objects.filter(pk=1).update(passed=F("passed") + 1)


def _kept(text: str, length: int) -> str:
    """At most `length` characters; PostgreSQL stores neither NUL nor lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:length]


def join_campaign(item: Item, alike: Iterable[int]) -> Campaign | None:
    """Put a screened item and those that it resembles (row ids) into one campaign, merged into the oldest.

    Only screened items of the same account are joined. Doing it again changes nothing.
    """
    if item.kind != Kind.SCREENED:
        return None
    with transaction.atomic():
        peers = Item.objects.select_for_update().filter(pk__in={item.pk, *alike}, kind=Kind.SCREENED)
        members = [peer for peer in peers.order_by("pk") if peer.tenant == item.tenant]
        if len(members) < 2:
            return None
        campaigns = {peer.campaign_id for peer in members if peer.campaign_id is not None}
        joined = Campaign.objects.select_for_update().filter(pk__in=campaigns).order_by("first_seen", "pk")
        kept = joined.first()
        if kept is not None and all(peer.campaign_id == kept.pk for peer in members):
            return kept
        if kept is None:
            kept = Campaign.objects.create(tenant=item.tenant, first_seen=item.time, last_seen=item.time)
        Item.objects.filter(campaign__in=campaigns).update(campaign=kept)
        Item.objects.filter(pk__in=[peer.pk for peer in members]).update(campaign=kept)
        Campaign.objects.filter(pk__in=campaigns - {kept.pk}).delete()
        recount(kept)
    return kept


def recount(campaign: Campaign) -> None:
    """Bring a campaign's figures in line with its members."""
    figures = Item.objects.filter(campaign=campaign).aggregate(
        size=Count("pk"),
        first=Min("time"),
        last=Max("time"),
        sources=Count("source", distinct=True, filter=~Q(source="")),
        authors=Count("author", distinct=True, filter=~Q(author="")),
    )
    campaign.size, campaign.sources, campaign.authors = (
        figures["size"],
        figures["sources"],
        figures["authors"],
    )
    campaign.first_seen = figures["first"] or campaign.first_seen
    campaign.last_seen = figures["last"] or campaign.last_seen
    campaign.save(update_fields=["size", "sources", "authors", "first_seen", "last_seen"])
