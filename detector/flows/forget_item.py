"""Delete items: an owner's erasure, or a platform's."""

from collections.abc import Iterable

from django.db import transaction

from detector.flows.campaigns import loosen, recount, resettle
from detector.models import Campaign, Item


def forget(uids: Iterable[str]) -> int:
    """Delete these items with their fingerprints and ties; returns how many there were.

    Campaigns that hung together by them fall apart, those of one member are dissolved. Who was tied to them
    is marked as loose: it may resemble others that it was not tied to, since it had enough ties. Running
    indexes notice when they next find such an item.
    """
    with transaction.atomic():
        numbers = list(Item.objects.filter(uid__in=list(uids)).values_list("pk", flat=True))
        if numbers:
            left = Campaign.objects.filter(members__in=numbers).values_list("pk", flat=True)
            touched = set(left)
            near = loosen(numbers)
            Item.objects.filter(pk__in=numbers).delete()
            resettle(near)
            for campaign in Campaign.objects.filter(pk__in=touched):
                recount(campaign)
            Campaign.objects.filter(pk__in=touched, size__lt=2).delete()
    return len(numbers)


def forget_key(key: str) -> int:
    """Delete the item that was indexed under `key`, if there is one."""
    return forget([str(uid) for uid in Item.objects.filter(key=key).values_list("uid", flat=True)])
