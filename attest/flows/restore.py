"""Bring back leaves that were published and that the database, restored from an older backup, has lost."""

from django.db import transaction
from django.utils import timezone

from attest.errors import LogInconsistent, ProofInvalid
from attest.flows.hashes import store_subtrees
from attest.flows.head import compact_range_of, lock_head
from attest.log.checkpoint import open_checkpoint
from attest.log.leaf import Kind, Leaf
from attest.log.merkle import leaf_hash
from attest.log.note import VerifierKey
from attest.log.store import TileStore
from attest.log.tiles import TILE_WIDTH, entries_path, parse_entries
from attest.models import CheckpointRow, LeafRow, LogHead

RESTORED = "restored:"


def restore(store: TileStore, vkey: VerifierKey) -> int:
    """Append, byte for byte, the published leaves that the database lacks, and their checkpoint; how many.

    Salts and digests are never published, so these leaves come back as erased ones: they are in the log and
    in every proof handed out before, and no new proof can be made for them. Their keys are `restored:INDEX`.
    Raises LogInconsistent, having changed nothing: `log_forked` where the database went on another way since
    the backup, `tile_missing` where the files do not hold the leaves; ProofInvalid on a malformed file.
    """
    note = store.read_checkpoint()
    if note is None:
        return 0
    published = open_checkpoint(note, vkey)
    with transaction.atomic():
        head = lock_head()
        if CheckpointRow.objects.filter(size=published.size, root=published.root).exists():
            return 0
        if published.size < head.size:
            raise LogInconsistent("The log went on another way than what was published.", code="log_forked")
        entries = _entries(store, head.size, published.size)
        grown = compact_range_of(head).extend(leaf_hash(each) for each in entries)
        if grown.root() != published.root:
            raise LogInconsistent("The published leaves do not continue these.", code="log_forked")
        rows = [_row(head.size + at, data) for at, data in enumerate(entries)]
        LeafRow.objects.bulk_create(rows, batch_size=500)
        store_subtrees(head.size, grown.size)
        LogHead.objects.filter(pk=1).update(
            origin=published.origin, size=grown.size, compact_range=[each.hex() for each in grown.hashes]
        )
        CheckpointRow.objects.create(
            size=published.size, root=published.root, note=note, created_at=timezone.now()
        )
    return len(entries)


def _entries(store: TileStore, begin: int, end: int) -> list[bytes]:
    found: list[bytes] = []
    for index in range(begin // TILE_WIDTH, -(-end // TILE_WIDTH)):
        width = min(TILE_WIDTH, end - index * TILE_WIDTH)
        data = store.read(entries_path(index, width))
        if data is None:
            raise LogInconsistent(f"The bundle {entries_path(index, width)} is missing.", code="tile_missing")
        found += parse_entries(data, width)
    return found[begin % TILE_WIDTH :]


def _row(index: int, data: bytes) -> LeafRow:
    try:
        leaf = Leaf.parse(data)
    except ProofInvalid as error:
        raise LogInconsistent(f"The published leaf {index} is malformed.", code="log_forked") from error
    return LeafRow(
        index=index,
        key=f"{RESTORED}{index}",
        data=data,
        leaf_hash=leaf_hash(data),
        kind=Kind(leaf.kind).value,
        created_at=leaf.issued,
    )
