"""Delete items: an owner's erasure, or a platform's."""

from collections.abc import Iterable

from django.db import transaction

from detector.flows.index_item import recount
from detector.models import Campaign, Item


def forget(uids: Iterable[str]) -> int:
    """Delete these items with their fingerprints; returns how many there were.

    Campaigns left with one member are dissolved. Running indexes notice when they next find such an item.
    """
    with transaction.atomic():
        items = Item.objects.select_for_update().filter(uid__in=list(uids))
        touched = {item.campaign_id for item in items if item.campaign_id is not None}
        number = items.count()
        items.delete()
        for campaign in Campaign.objects.select_for_update().filter(pk__in=touched).order_by("pk"):
            if campaign.members.count() < 2:
                campaign.delete()
            else:
                recount(campaign)
    return number


def forget_key(key: str) -> int:
    """Delete the item that was indexed under `key`, if there is one."""
    return forget([str(uid) for uid in Item.objects.filter(key=key).values_list("uid", flat=True)])
