"""What moderators decided of two contents, kept, and laid over whatever the matchers find from then on."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from detector.compare import distances
from detector.errors import DecisionInvalid
from detector.flows.stored import stored_prints
from detector.matching.finding import RawMatch
from detector.models import Campaign, Decision, Item, Kind, Standing
from detector.queries import Word, word_of

DECISION_METHOD = "decision/1"
_MOST = 50


def decide_pair(first: Item, second: Item, *, same: bool, by: str, note: str = "") -> Word:
    """Keep that two items are, or are not, the same; a later word on the same contents replaces the earlier.

    Screened items of one account are tied or parted at once. Raises DecisionInvalid for one content with
    itself.
    """
    from detector.flows.campaigns import join_campaign, resettle

    if first.sha256 == second.sha256:
        raise DecisionInvalid("The two are the very same bytes: there is nothing to decide.")
    low, high = sorted((first, second), key=lambda item: item.sha256)
    with transaction.atomic():
        row, _ = Decision.objects.update_or_create(
            first_sha256=low.sha256,
            second_sha256=high.sha256,
            defaults={
                "medium": first.medium,
                "same": same,
                "distances": distances(stored_prints(first), stored_prints(second)),
                "decided_by": by[:64],
                "note": note[:500],
                "created_at": timezone.now(),
            },
        )
        if same and first.tenant == second.tenant and second.kind == Kind.SCREENED:
            join_campaign(first, [second.pk], certain=True)
        resettle(Item.objects.filter(sha256__in=(low.sha256, high.sha256)).values_list("pk", flat=True))
    return word_of(row)


def withdraw(uid: UUID) -> bool:
    """Forget a decision on a pair; whether there was one. Ties that it made stay as ordinary ones."""
    from detector.flows.campaigns import resettle
    from detector.models import TieRow

    with transaction.atomic():
        row = Decision.objects.filter(uid=uid).first()
        if row is None:
            return False
        digests = (row.first_sha256, row.second_sha256)
        pair = list(Item.objects.filter(sha256__in=digests).values_list("pk", flat=True))
        row.delete()
        TieRow.objects.filter(first__in=pair, second__in=pair).update(certain=False)
        Item.objects.filter(pk__in=pair, kind=Kind.SCREENED).update(loose=True)
        resettle(pair)
    return True


def decide_campaign(campaign: Campaign, *, same: bool) -> Campaign:
    """A moderator's word on a whole campaign: it is one (always flagged), or it is none (never flagged)."""
    campaign.standing = Standing.CONFIRMED if same else Standing.DISMISSED
    campaign.save(update_fields=["standing"])
    return campaign


def refused_pairs(digests: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of contents that are not the same and of which one is among these digests."""
    rows = Decision.objects.filter(same=False)
    listed = list(digests)
    if len(listed) <= _MOST:
        rows = rows.filter(Q(first_sha256__in=listed) | Q(second_sha256__in=listed))
    among = set(listed)
    found = rows.values_list("first_sha256", "second_sha256")
    return [(a, b) for a, b in found if a in among or b in among]


def override(
    sha256: str, found: list[RawMatch], items: dict[int, Item], visible: Callable[[int], bool]
) -> list[RawMatch]:
    """The matches of a content with every decision on it laid over them; `items` gains the rows of those
    added."""
    words = {
        (row.second_sha256 if row.first_sha256 == sha256 else row.first_sha256): row
        for row in Decision.objects.filter(Q(first_sha256=sha256) | Q(second_sha256=sha256))[:_MOST]
    }
    if not words:
        return found
    refused = {digest for digest, row in words.items() if not row.same}
    kept = [raw for raw in found if items[raw.item_no].sha256 not in refused]
    held = {raw.item_no for raw in kept}
    same = [digest for digest, row in words.items() if row.same]
    for item in Item.objects.select_related("campaign").filter(sha256__in=same)[:_MOST]:
        if item.pk not in held and visible(item.pk):
            items[item.pk] = item
            day = words[item.sha256].created_at.date().isoformat()
            why = f"A moderator decided on {day} that the two are the same."
            kept.append(RawMatch(item.pk, DECISION_METHOD, 0.9999, 0.0, 0.0, why))
    return sorted(kept, key=lambda raw: (-raw.score, raw.item_no))
