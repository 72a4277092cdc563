"""Items that lost a tie to a deletion, asked about again: they may resemble others that they were not tied
to."""

from detector.flows.live_index import LiveIndex
from detector.models import Item, Kind


def tie_again(live: LiveIndex, most: int = 200) -> int:
    """Tie at most so many of them anew; how many there were."""
    loose = list(Item.objects.filter(loose=True).order_by("pk")[:most])
    for item in loose:
        if item.kind == Kind.SCREENED:
            live.join(item)
    Item.objects.filter(pk__in=[item.pk for item in loose]).update(loose=False)
    return len(loose)
