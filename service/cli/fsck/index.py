"""The similarity index against its rows, and its rows against the submissions they speak for."""

import shutil
from collections.abc import Iterator

from django.db import transaction

from detector.errors import SnapshotInvalid
from detector.fingerprints.compute import fingerprints
from detector.fingerprints.fingerprint import Fingerprints
from detector.flows.forget_item import forget
from detector.flows.live_index import LiveIndex
from detector.flows.stored import stored_prints
from detector.index import snapshot
from detector.matching.admission import QUERY_ONLY
from detector.matching.finding import MOST_MATCHES
from detector.models import FingerprintRow, Item, Kind
from service import wiring
from service.cli.fsck.difference import Difference
from service.models import State, Submission
from service.stages import indexed, local

MOST_ASKED = 2000
_FINDABLE = (State.ACCEPTED, State.SIGNED, State.APPENDED, State.LOGGED, State.ANCHORED)


def differences(*, full: bool = False) -> Iterator[Difference]:
    """Snapshots that cannot be used, items that the index does not find, attestations without an item."""
    folder = wiring.live_index().folder
    try:
        snapshot.verify(snapshot.read(folder))
    except SnapshotInvalid as error:
        # None yet is no difference: it is written from the rows when the worker has a minute.
        if error.code != "snapshot_missing":
            yield Difference("index", error.code, f"{error} It is rebuilt from the rows at the next start.")
    for row in _without_item():
        yield Difference("index", "not_findable", f"Submission {row.pk} is accepted and has no item.")
    for item in _without_submission():
        yield Difference("index", "item_without_submission", f"Item {item.uid} speaks for no submission.")
    live = wiring.new_index()
    # Counted first: an item that comes meanwhile is in the index and makes no difference. Neither does one
    # that was deleted: an index forgets it when it next meets it.
    expected = Item.objects.count()
    live.warm()
    if len(live) < expected:
        yield Difference("index", "items_missing", f"The index holds {len(live)} items, the rows {expected}.")
    for item in _not_found(live, full=full):
        yield Difference("index", "item_not_found", f"The index does not find item {item.uid} by itself.")


def repair(found: list[Difference]) -> None:
    """Make what is lost anew from the stored content, forget what speaks for nobody, write a new snapshot.

    Items of screened streams are not made anew: their content was never stored.
    """
    forget([str(item.uid) for item in _without_submission()])
    for row in list(_without_item()):
        indexed(row, _prints_of(row))
    folder = wiring.live_index().folder
    shutil.rmtree(folder, ignore_errors=True)
    for item in _not_found(wiring.new_index(), full=True):
        _print_again(item)
    shutil.rmtree(folder, ignore_errors=True)
    fresh = wiring.new_index()
    fresh.warm()
    fresh.snapshot()


def _prints_of(row: Submission) -> Fingerprints:
    with local(row.asset, row.name) as asset:
        return fingerprints(asset.path, asset.medium, asset.sha256, wiring.embedders())


def _print_again(item: Item) -> None:
    """The fingerprints in place: the item keeps its number, which says who came first."""
    row = Submission.objects.filter(pk=item.subject).select_related("asset").first() if item.subject else None
    if row is None:
        return
    prints = [each for each in _prints_of(row).prints if each.method not in QUERY_ONLY]
    with transaction.atomic():
        FingerprintRow.objects.filter(item=item).delete()
        FingerprintRow.objects.bulk_create(
            FingerprintRow(item=item, method=each.method, value=each.value, quality=each.quality)
            for each in prints
        )


def _without_item() -> Iterator[Submission]:
    rows = Submission.objects.filter(state__in=_FINDABLE).select_related("account", "asset").order_by("pk")
    for row in rows.iterator(chunk_size=500):
        if not Item.objects.filter(subject=str(row.pk), kind=Kind.ATTESTED).exists():
            yield row


def _without_submission() -> Iterator[Item]:
    for item in Item.objects.filter(kind=Kind.ATTESTED).order_by("pk").iterator(chunk_size=500):
        if item.subject is None or not Submission.objects.filter(pk=item.subject).exists():
            yield item


def _not_found(live: LiveIndex, *, full: bool) -> Iterator[Item]:
    """Items that do not find themselves by their own fingerprints: of all, or of MOST_ASKED."""
    numbers = list(Item.objects.order_by("pk").values_list("pk", flat=True))
    for number in numbers if full else numbers[:: max(1, len(numbers) // MOST_ASKED)][:MOST_ASKED]:
        item = Item.objects.filter(pk=number).first()
        if item is None:
            continue  # deleted meanwhile
        found, _ = live.find(stored_prints(item), tenant_filter=item.tenant)
        # Among very many equals an item may be crowded out of the list, which is cut.
        if len(found) < MOST_MATCHES and item.pk not in {match.item_no for match in found}:
            yield item
