"""The index that a running process asks: its snapshot, plus every row written since, by whichever process."""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from detector import calibration
from detector.campaign import chosen
from detector.errors import SnapshotInvalid
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.flows.campaigns import join_campaign
from detector.flows.decisions import override
from detector.flows.renew_texts import renew
from detector.flows.stored import stored_prints, stored_values
from detector.index import snapshot
from detector.index.build import faiss_index
from detector.index.items import Items, View
from detector.index.port import Metric, Paced, VectorIndex
from detector.index.snapshot import Snapshot
from detector.match import Matcher
from detector.matching.admission import is_telling
from detector.matching.finding import MOST_MATCHES, RawMatch
from detector.matching.vectors import MakeIndex
from detector.models import Campaign, FingerprintRow, Item, Kind
from detector.queries import summary
from detector.similarity import Match, Similarity

logger = logging.getLogger(__name__)

_CHUNK = 2_000
_ITEMS = "items"


class LiveIndex:
    """One per process; safe to share between its threads.

    `folder` holds the snapshot. start() loads it, or rebuilds from the rows where it is missing, truncated or
    of another version; until that is done, answers are partial and say `degraded`. Large files are mapped,
    and read to the end in a thread of its own: where one turns out to be altered, the index is rebuilt then.
    The first question starts an index that nobody has started.
    """

    def __init__(self, folder: Path, make_index: MakeIndex | None = None) -> None:
        """Without `make_index`, FAISS's indexes, with the files of this process beside the snapshot."""
        self.folder = folder
        self._place = folder.with_name(f"{folder.name}-segments")
        self._make_index = make_index or partial(faiss_index, place=self._place)
        self._lock = threading.RLock()
        self._started = False
        self.degraded = True
        self._clear()

    def _clear(self) -> None:
        self._paced: list[Paced] = []
        self._matcher = Matcher(self._made, stored_values, self._place)
        self._known = Items(self._place)
        self._last = 0
        self._changed = True

    def start(self, *, background: bool = False) -> None:
        """Load the snapshot and catch up; with `background`, a rebuild goes on in a thread of its own."""
        self._started = True
        try:
            held = self._load()
            if held.unread:
                threading.Thread(target=self._verify, args=(held,), name="index-verify", daemon=True).start()
        except SnapshotInvalid as error:
            self._forsake(error)
            if background:
                threading.Thread(target=self._rebuild_apart, name="index-rebuild", daemon=True).start()
                return
        self.finish()

    def warm(self) -> None:
        """Start, and return when every row is indexed."""
        if not self._started:
            self.start()

    def _forsake(self, error: SnapshotInvalid) -> None:
        level = logging.INFO if error.code == "snapshot_missing" else logging.WARNING
        logger.log(level, "index snapshot not used, rebuilding from the rows: %s", error)
        with self._lock:
            self._clear()
            self.degraded = True

    def _verify(self, held: Snapshot) -> None:
        """Read the snapshot to its end; where it is not what was written, start again from the rows."""
        try:
            snapshot.verify(held)
        except SnapshotInvalid as error:
            self._forsake(error)
            self._rebuild_apart()

    def _rebuild_apart(self) -> None:
        try:
            self.finish()
        finally:
            connection.close()

    def finish(self) -> None:
        """Read all rows not read yet, a chunk at a time, letting questions in between."""
        while self._catch_up(_CHUNK):
            for index in [*self._paced]:
                index.pace()
            time.sleep(0)
        self.degraded = False

    def _made(self, metric: Metric, width: int) -> VectorIndex:
        index = self._make_index(metric, width)
        if isinstance(index, Paced):
            self._paced.append(index)
        return index

    def __len__(self) -> int:
        return len(self._known)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods with something indexed."""
        with self._lock:
            return self._matcher.methods

    def match(
        self,
        prints: Fingerprints,
        *,
        tenant_filter: str | None = None,
        exclude: Iterable[int] = (),
        before: int | None = None,
    ) -> Similarity:
        """What these fingerprints resemble among all items written so far, by any process.

        Attested items are everyone's; screened ones only those of the account that asks, `tenant_filter`
        (None: those that belong to no account). `exclude` are row ids. The campaign is that of the best match
        that is in one.
        """
        sequence = self.sequence()
        before = sequence + 1 if before is None else min(before, sequence + 1)
        found, items = self.find(prints, tenant_filter=tenant_filter, exclude=exclude, before=before)
        telling = [items[raw.item_no].campaign for raw in found if raw.telling]
        campaign = next((c for c in telling if c is not None and c.tenant == tenant_filter), None)
        asked = sorted({entry.method for entry in prints.prints} & set(self.methods))
        return Similarity(
            matches=tuple(as_match(raw, items[raw.item_no]) for raw in found),
            campaign=None if campaign is None else summary(campaign),
            degraded=self.degraded,
            methods=tuple(asked),
            calibration=calibration.digest(),
            calibrated=calibration.stated_for([*asked, *(raw.method for raw in found)]),
            plain=not is_telling(prints),
            sequence=before - 1,
            unread=prints.unread,
        )

    def sequence(self) -> int:
        """The highest item number indexed, once all that is written now is."""
        self.warm()
        with self._lock:
            self._catch_up(_CHUNK if self.degraded else None)
            return self._last

    @property
    def kind(self) -> str:
        """What the vectors are kept in."""
        return str(getattr(self._make_index, "__name__", "index"))

    def with_campaign(self, similarity: Similarity, item: Item) -> Similarity:
        """Join the item just indexed to its campaign, and put that campaign into its similarity.

        Its match with itself, where it had been indexed before, is left out. To be called once index() is
        committed.
        """
        campaign = self.join(item)
        return replace(
            similarity,
            matches=tuple(match for match in similarity.matches if match.item != str(item.uid)),
            campaign=None if campaign is None else summary(campaign),
        )

    def join(self, item: Item) -> Campaign | None:
        """Tie a screened item to what it resembles now; the campaign that it is in afterwards."""
        found, _ = self.find(stored_prints(item), tenant_filter=item.tenant, exclude={item.pk})
        return join_campaign(item, chosen(found))

    def find(
        self,
        prints: Fingerprints,
        *,
        tenant_filter: str | None = None,
        exclude: Iterable[int] = (),
        before: int | None = None,
    ) -> tuple[list[RawMatch], dict[int, Item]]:
        """The raw matches and their rows; rows deleted meanwhile are forgotten and left out."""
        left_out = set(exclude)

        self.warm()
        while True:
            with self._lock:
                # While a rebuild goes on a question waits for one chunk of it, not for all.
                if not self._catch_up(_CHUNK if self.degraded else None):
                    self.degraded = False
                view = self._known.view(tenant_filter, before)
                found = self._matcher.match(
                    prints, exclude=left_out, accept=view.one, accept_many=view.many, limit=MOST_MATCHES
                )
            items = Item.objects.select_related("campaign").in_bulk([raw.item_no for raw in found])
            gone = {raw.item_no for raw in found} - items.keys()
            if gone:
                self.forget(gone)
                continue

            def allowed(number: int, view: View = view) -> bool:
                return number not in left_out and view.one(number)

            return override(prints.sha256, found, items, allowed), items

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop deleted items from the indexes of this process."""
        with self._lock:
            gone = set(numbers)
            self._matcher.remove(gone)
            self._known.remove(gone)
            self._changed = True

    def _catch_up(self, most: int | None) -> bool:
        """Index rows not indexed yet, at most `most` of them; whether there may be more."""
        with self._lock:
            # Numbers become visible in their order (ItemGate), so what is new lies above the last one read.
            ids = Item.objects.filter(id__gt=self._last).order_by("id")
            fresh: list[tuple[int, str | None, bool]] = []
            for number, tenant, kind in ids.values_list("id", "tenant", "kind").iterator(chunk_size=_CHUNK):
                if number not in self._known:
                    fresh.append((number, tenant, kind == Kind.ATTESTED))
                    if most is not None and len(fresh) >= most:
                        break
            for start in range(0, len(fresh), _CHUNK):
                self._index(fresh[start : start + _CHUNK])
            return most is not None and len(fresh) >= most

    def _index(self, fresh: list[tuple[int, str | None, bool]]) -> None:
        rows: dict[int, list[Fingerprint]] = {number: [] for number, _, _ in fresh}
        stored = FingerprintRow.objects.filter(item_id__in=list(rows))
        for number, method, value, quality in stored.values_list("item_id", "method", "value", "quality"):
            rows[number].append(Fingerprint(method, bytes(value), quality))
        renew(rows)
        self._matcher.add_many(list(rows.items()))
        self._known.add_many(fresh)
        self._changed = True
        self._last = max(self._last, fresh[-1][0])

    def snapshot(self) -> None:
        """Write the snapshot, atomically.

        Does nothing while the index is still being rebuilt, nor where the last one says all there is to say.
        """
        with self._lock:
            if self.degraded:
                return
            self._catch_up(None)
            if not self._changed and snapshot.covers(self.folder, self._last):
                return
            matcher, known, last = self._matcher, self._known, self._last

            def fill(folder: Path) -> None:
                notes["indexes"] = dict(matcher.save(folder))
                known.save(folder / _ITEMS)

            newest = Item.objects.filter(id=last).values_list("uid", flat=True).first()
            notes: dict[str, Any] = {"last_uid": str(newest) if newest else ""}
            snapshot.write(self.folder, last, notes, fill)
            self._changed = False

    def _load(self) -> Snapshot:
        held = snapshot.read(self.folder)
        with self._lock:
            self._clear()
            self._matcher.load(held.folder, dict(held.notes.get("indexes", {})))
            self._known.load(held.folder / _ITEMS)
            uid = Item.objects.filter(id=held.last).values_list("uid", flat=True).first()
            newest = Item.objects.order_by("-id").values_list("id", flat=True).first() or 0
            noted = held.notes.get("last_uid")
            if held.last > newest or (uid is not None and noted and str(uid) != noted):
                raise SnapshotInvalid("The snapshot was taken from another database.")
            self._last, self._changed = held.last, False
        return held


def as_match(raw: RawMatch, item: Item) -> Match:
    """A finding with what its row says of the item."""
    return Match(
        item=str(item.uid),
        score=raw.score,
        distance=raw.distance,
        method=raw.method,
        threshold=raw.threshold,
        why=raw.why,
        region=raw.region,
        subject=item.subject,
        tenant=item.tenant,
        sha256=item.sha256,
        seen_at=item.time.isoformat(),
    )
