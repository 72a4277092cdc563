"""The similarity index against its rows, and its rows against the submissions they speak for."""

from collections.abc import Iterator

from detector.errors import SnapshotInvalid
from detector.flows.live_index import LiveIndex, stored_prints
from detector.index import snapshot
from detector.match import MOST_MATCHES
from detector.models import Item, Kind
from service import wiring
from service.cli.fsck.difference import Difference
from service.models import State, Submission

MOST_ASKED = 2000
_FINDABLE = (State.ACCEPTED, State.SIGNED, State.APPENDED, State.LOGGED, State.ANCHORED)


def differences() -> Iterator[Difference]:
    """Snapshots that cannot be used, items that the index does not find, attestations without an item."""
    folder = wiring.live_index().folder
    try:
        snapshot.read(folder)
    except SnapshotInvalid as error:
        # None yet is no difference: it is written from the rows when the worker has a minute.
        if error.code != "snapshot_missing":
            yield Difference("index", error.code, f"{error} It is rebuilt from the rows at the next start.")
    yield from _of_submissions()
    live = LiveIndex(folder)
    # Counted first: an item that comes meanwhile is in the index and makes no difference. Neither does one
    # that was deleted: an index forgets it when it next meets it.
    expected = Item.objects.count()
    live.warm()
    if len(live) < expected:
        yield Difference("index", "items_missing", f"The index holds {len(live)} items, the rows {expected}.")
    yield from _not_found(live)


def _of_submissions() -> Iterator[Difference]:
    rows = Submission.objects.filter(state__in=_FINDABLE).order_by("pk")
    for pk in rows.values_list("pk", flat=True).iterator(chunk_size=500):
        if not Item.objects.filter(subject=str(pk), kind=Kind.ATTESTED).exists():
            yield Difference("index", "not_findable", f"Submission {pk} is accepted and has no item.")
    for item in Item.objects.filter(kind=Kind.ATTESTED).order_by("pk").iterator(chunk_size=500):
        if item.subject is None or not Submission.objects.filter(pk=item.subject).exists():
            yield Difference("index", "item_without_submission", f"Item {item.uid} speaks for no submission.")


def _not_found(live: LiveIndex) -> Iterator[Difference]:
    """Each of at most MOST_ASKED items, spread over all, must find itself by its own fingerprints."""
    numbers = list(Item.objects.order_by("pk").values_list("pk", flat=True))
    step = max(1, len(numbers) // MOST_ASKED)
    for item in (
        Item.objects.filter(pk__in=numbers[::step][:MOST_ASKED]).order_by("pk").iterator(chunk_size=500)
    ):
        found, _ = live.find(stored_prints(item), tenant_filter=item.tenant)
        # Among very many equals an item may be crowded out of the list, which is cut.
        if len(found) < MOST_MATCHES and item.pk not in {match.item_no for match in found}:
            yield Difference("index", "item_not_found", f"The index does not find item {item.uid} by itself.")
