"""Campaigns in the database, kept as ties come and go: always what campaign.clusters() says of all ties."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q

from detector.campaign import GROUP, Pair, Tie, clusters
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.flood import Crowd, is_benign
from detector.flows.decisions import refused_pairs
from detector.models import Campaign, FingerprintRow, Item, ItemGate, Kind, Standing, TieRow

_WORDS = (Standing.CONFIRMED, Standing.DISMISSED)
_CHUNK = 500


def join_campaign(item: Item, alike: Iterable[int], *, certain: bool = False) -> Campaign | None:
    """Tie a screened item to those that it resembles (row ids); the campaign that it is in afterwards, if
    any.

    Only screened items of the same account are tied. Doing it again changes nothing. `certain`: a moderator
    said so.
    """
    if item.kind != Kind.SCREENED:
        return None
    with transaction.atomic():
        _one_at_a_time()
        peers = Item.objects.filter(pk__in=set(alike) - {item.pk}, kind=Kind.SCREENED, tenant=item.tenant)
        others = dict(peers.values_list("pk", "campaign"))
        known = _ties_of([item.pk])
        _write([Tie(item.pk, other, certain) for other in others])
        Item.objects.filter(pk=item.pk, loose=True).update(loose=False)
        campaigns = set(others.values())
        one = Campaign.objects.filter(pk__in=campaigns - {None}, parted=False).first()
        joins = len(others) >= GROUP and len(campaigns) == 1 and one is not None and not known and not certain
        if joins and not refused_pairs([item.sha256]):
            # Exact, and not only quick: with three ties into one campaign, none of its own ties becomes one
            # that alone holds two groups together (tests/detector/flows/test_campaigns.py).
            Item.objects.filter(pk=item.pk).update(campaign=one)
        elif others:
            settle([item.pk])
        item.refresh_from_db(fields=["campaign"])
        if item.campaign is not None:
            recount(item.campaign)
    return item.campaign


def _one_at_a_time() -> None:
    """Wait for whoever ties items or writes one: what is read afterwards does not change until the end."""
    if not ItemGate.objects.filter(pk=1).update(passed=F("passed")):
        ItemGate.objects.bulk_create([ItemGate(pk=1)], ignore_conflicts=True)
        ItemGate.objects.filter(pk=1).update(passed=F("passed"))


def _write(ties: Sequence[Tie]) -> None:
    rows = [TieRow(first_id=t.pair[0], second_id=t.pair[1], certain=t.certain) for t in ties]
    TieRow.objects.bulk_create(rows, ignore_conflicts=True)
    for tie in ties:
        if tie.certain:
            TieRow.objects.filter(first=tie.pair[0], second=tie.pair[1]).update(certain=True)


def _ties_of(items: Collection[int]) -> list[Tie]:
    listed = list(items)
    found: list[Tie] = []
    for start in range(0, len(listed), _CHUNK):
        part = listed[start : start + _CHUNK]
        rows = TieRow.objects.filter(Q(first__in=part) | Q(second__in=part))
        found += [Tie(*row) for row in rows.values_list("first_id", "second_id", "certain")]
    return found


def component(items: Collection[int]) -> tuple[set[int], list[Tie]]:
    """All that hangs together with these items by ties, and those ties."""
    seen, fresh = set(items), set(items)
    ties: dict[Pair, Tie] = {}
    while fresh:
        found = _ties_of(fresh)
        ties.update((tie.pair, tie) for tie in found)
        fresh = {number for tie in found for number in tie.pair} - seen
        seen |= fresh
    return seen, list(ties.values())


def resettle(items: Collection[int]) -> None:
    """As settle(), for whoever is in no such transaction yet."""
    with transaction.atomic():
        _one_at_a_time()
        settle(list(items))


def settle(items: Collection[int]) -> None:
    """Bring the campaigns of everything that hangs together with these items in line with the ties.

    To be called in a transaction that has passed _one_at_a_time().
    """
    members, ties = component(items)
    held = {
        number: (sha256, campaign)
        for start in range(0, len(members), _CHUNK)
        for number, sha256, campaign in Item.objects.filter(
            pk__in=sorted(members)[start : start + _CHUNK]
        ).values_list("pk", "sha256", "campaign")
    }
    by_digest: dict[str, list[int]] = {}
    for number, (sha256, _) in held.items():
        by_digest.setdefault(sha256, []).append(number)
    apart = [
        (min(a, b), max(a, b))
        for first, second in refused_pairs(by_digest)
        for a in by_digest.get(first, ())
        for b in by_digest.get(second, ())
    ]
    told = clusters([tie for tie in ties if tie.first in held and tie.second in held], apart)
    _assign(told, {number: campaign for number, (_, campaign) in held.items()}, parted=bool(apart))


def _assign(told: list[list[int]], before: dict[int, int | None], *, parted: bool) -> None:
    """Give each cluster a campaign: the oldest among its members', the largest cluster choosing first."""
    rows = Campaign.objects.in_bulk({campaign for campaign in before.values() if campaign is not None})
    ages = {pk: (row.first_seen, pk) for pk, row in rows.items()}
    taken: set[int] = set()
    after: dict[int, int | None] = dict.fromkeys(before)
    for members in sorted(told, key=lambda each: (-len(each), each)):
        known = {c for number in members if (c := before[number]) in ages and c is not None}
        kept = min(known - taken, key=lambda pk: ages[pk], default=None)
        if kept is None:
            first = Item.objects.get(pk=members[0])
            made = Campaign.objects.create(tenant=first.tenant, first_seen=first.time, last_seen=first.time)
            kept = made.pk
        _inherit(kept, [rows[pk] for pk in known if pk in rows])
        taken.add(kept)
        after.update(dict.fromkeys(members, kept))
    moved: dict[int | None, list[int]] = {}
    for number, campaign in after.items():
        if campaign != before[number]:
            moved.setdefault(campaign, []).append(number)
    for campaign, numbers in moved.items():
        for start in range(0, len(numbers), _CHUNK):
            Item.objects.filter(pk__in=numbers[start : start + _CHUNK]).update(campaign=campaign)
    touched = {before[number] for numbers in moved.values() for number in numbers} | set(moved)
    Campaign.objects.filter(pk__in=set(rows) - taken).delete()
    Campaign.objects.filter(pk__in=taken).exclude(parted=parted).update(parted=parted)
    for row in Campaign.objects.filter(pk__in=[pk for pk in touched & taken if pk is not None]):
        recount(row)


def _inherit(kept: int, merged: Sequence[Campaign]) -> None:
    """A moderator's word on one of the merged holds for the whole; "confirmed" is the graver one."""
    words = {row.standing for row in merged} & set(_WORDS)
    if words:
        word = Standing.CONFIRMED if Standing.CONFIRMED in words else Standing.DISMISSED
        Campaign.objects.filter(pk=kept).update(standing=word)


def loosen(deleted: Collection[int]) -> set[int]:
    """Those that were tied to items about to be deleted: marked, to be asked about again (tie_loose)."""
    near = {number for tie in _ties_of(deleted) for number in tie.pair} - set(deleted)
    listed = sorted(near)
    for start in range(0, len(listed), _CHUNK):
        Item.objects.filter(pk__in=listed[start : start + _CHUNK]).update(loose=True)
    return near


def recount(campaign: Campaign) -> None:
    """Bring a campaign's figures, and what it is taken for, in line with its members."""
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
    campaign.standing = _standing(campaign)
    campaign.save(update_fields=["size", "sources", "authors", "first_seen", "last_seen", "standing"])


def _standing(campaign: Campaign) -> str:
    now = Campaign.objects.filter(pk=campaign.pk).values_list("standing", flat=True).first()
    if now in _WORDS:
        return str(now)
    crowd = Crowd(campaign.size, campaign.sources, campaign.authors)
    if not crowd.is_large:
        return Standing.ACTIVE
    newest = Item.objects.filter(campaign=campaign).order_by("-pk")[:_LOOKED_AT]
    hashes = FingerprintRow.objects.filter(item__in=[item.pk for item in newest], method=PDQ_METHOD)
    qualities = dict(hashes.values_list("item", "quality"))
    plain = [is_benign(item.medium, item.excerpt, qualities.get(item.pk, 100)) for item in newest]
    return Standing.BENIGN if plain and all(plain) else Standing.ACTIVE


_LOOKED_AT = 20
"""Of a crowd, how many of the newest must be plain: one that is not makes the whole worth a look."""
