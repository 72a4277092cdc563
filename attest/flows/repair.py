"""Rebuild what follows from the leaves: columns of rows, subtrees, the head, tiles, the checkpoint file.

Leaves and signed notes are the truth and are never written; where they contradict each other nothing is.
"""

from collections.abc import Iterator

from django.db import transaction

from attest.errors import LogInconsistent, ProofInvalid
from attest.flows.head import lock_head
from attest.flows.publish import publish
from attest.log.checkpoint import open_checkpoint
from attest.log.leaf import Kind, Leaf
from attest.log.merkle import CompactRange, leaf_hash, root_of
from attest.log.note import VerifierKey
from attest.log.store import TileStore
from attest.log.tiles import TILE_HEIGHT, TILE_WIDTH
from attest.models import CheckpointRow, LeafRow, LogHead, SubtreeRow


def rebuild(store: TileStore, vkey: VerifierKey) -> None:
    """Make everything derived what the leaves say. Safe to repeat and to kill; holds the head's lock.

    Raises LogInconsistent, having changed nothing: `leaf_missing`, `leaf_hash_differs` (a damaged leaf that
    no checkpoint vouches for), `checkpoint_root_differs` (leaves or a checkpoint were changed),
    `log_rolled_back` (what was published is ahead of the database); ProofInvalid on a malformed leaf; OSError
    on a full disk.
    """
    _refuse_rollback(store, vkey)
    with transaction.atomic():
        head = lock_head()
        found = _Found()
        for row in _rows(head):
            found.take(row)
        found.require_sealed()
        _mark_revocations(found.revocations)
        for row in found.differing:
            row.save(update_fields=["leaf_hash", "kind", "created_at"])
        _store_subtrees(found.subtrees)
        head.size, head.compact_range = found.grown.size, [each.hex() for each in found.grown.hashes]
        head.save(update_fields=["size", "compact_range"])
    latest = CheckpointRow.objects.order_by("-size").first()
    if latest is not None:
        publish(store, latest.size, repair=True)
    with transaction.atomic():
        lock_head()
        latest = CheckpointRow.objects.order_by("-size").first()
        if latest is not None and _published(store) != latest.note:
            store.write_checkpoint(latest.note)


def ahead_of_database(store: TileStore, vkey: VerifierKey) -> str | None:
    """A sentence where a checkpoint of ours was published that the database does not know, else None."""
    note = _published(store)
    if note is None:
        return None
    try:
        published = open_checkpoint(note, vkey)
    except ProofInvalid:
        return None
    row = CheckpointRow.objects.filter(size=published.size).first()
    if published.size == 0 or (row is not None and bytes(row.root) == published.root):
        return None
    if row is not None:
        return f"Two checkpoints of {published.size} leaves were signed: the log is forked."
    return (
        f"The published checkpoint covers {published.size} leaves and the database knows none such: "
        "an old backup was restored."
    )


def _refuse_rollback(store: TileStore, vkey: VerifierKey) -> None:
    sentence = ahead_of_database(store, vkey)
    if sentence is not None:
        raise LogInconsistent(sentence, code="log_rolled_back")


def _published(store: TileStore) -> str | None:
    try:
        return store.read_checkpoint()
    except UnicodeDecodeError:
        return ""


def _rows(head: LogHead) -> Iterator[LeafRow]:
    """Every leaf in order. Raises LogInconsistent `leaf_missing`."""
    expected = 0
    for row in LeafRow.objects.order_by("index").iterator(chunk_size=1000):
        if row.index != expected:
            break
        yield row
        expected += 1
    if expected != max(head.size, LeafRow.objects.count()):
        raise LogInconsistent(f"Leaf {expected} is missing.", code="leaf_missing")


class _Found:
    """What the leaves say, collected in one pass; memory grows with n / 256 hashes."""

    def __init__(self) -> None:
        self.grown = CompactRange()
        self.differing: list[LeafRow] = []
        self.revocations: dict[int, LeafRow] = {}
        self.subtrees: dict[tuple[int, int], bytes] = {}
        self._levels: list[list[bytes]] = [[]]
        self._roots = {row.size: bytes(row.root) for row in CheckpointRow.objects.all()}
        self._sealed = max(self._roots, default=0)

    def take(self, row: LeafRow) -> None:
        """Add the next leaf. Raises LogInconsistent and ProofInvalid."""
        data = bytes(row.data)
        hashed, leaf = leaf_hash(data), Leaf.parse(data)
        self.grown = self.grown.append(hashed)
        if hashed != bytes(row.leaf_hash) and row.index >= self._sealed:
            raise LogInconsistent(f"Leaf {row.index} is not what was hashed.", code="leaf_hash_differs")
        if (hashed, leaf.kind, leaf.issued) != (bytes(row.leaf_hash), row.kind, row.created_at):
            row.leaf_hash, row.kind, row.created_at = hashed, leaf.kind.value, leaf.issued
            self.differing.append(row)
        if leaf.kind is Kind.REVOCATION and leaf.target_index is not None:
            self.revocations.setdefault(leaf.target_index, row)
        self._check(self.grown.size)
        self._complete(hashed)

    def require_sealed(self) -> None:
        """Raise LogInconsistent where a checkpoint covers leaves that are not here."""
        if self.grown.size < self._sealed:
            raise LogInconsistent(
                f"A checkpoint covers {self._sealed} leaves; {self.grown.size} are here.",
                code="log_rolled_back",
            )

    def _check(self, size: int) -> None:
        if size in self._roots and self.grown.root() != self._roots[size]:
            raise LogInconsistent(
                f"The leaves do not give the root of the checkpoint of size {size}.",
                code="checkpoint_root_differs",
            )

    def _complete(self, hashed: bytes) -> None:
        level, index, self._levels[0] = 0, self.grown.size, [*self._levels[0], hashed]
        while len(self._levels[level]) == TILE_WIDTH:
            index //= TILE_WIDTH
            root, self._levels[level] = root_of(self._levels[level]), []
            level += 1
            self.subtrees[level * TILE_HEIGHT, index - 1] = root
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(root)


def _mark_revocations(revocations: dict[int, LeafRow]) -> None:
    for row in LeafRow.objects.filter(revoked_by__isnull=False):
        if row.index not in revocations:
            row.revoked_by = row.revoked_at = None
            row.save(update_fields=["revoked_by", "revoked_at"])
    for index, revocation in revocations.items():
        issued = Leaf.parse(bytes(revocation.data)).issued
        target = LeafRow.objects.filter(index=index).first()
        if target is not None and (target.revoked_by_id, target.revoked_at) != (revocation.pk, issued):
            target.revoked_by, target.revoked_at = revocation, issued
            target.save(update_fields=["revoked_by", "revoked_at"])


def _store_subtrees(expected: dict[tuple[int, int], bytes]) -> None:
    known = set()
    for row in SubtreeRow.objects.iterator(chunk_size=1000):
        place = (row.level, row.index)
        if bytes(row.hash) == expected.get(place):
            known.add(place)
        else:
            row.delete()
    SubtreeRow.objects.bulk_create(
        [
            SubtreeRow(level=level, index=index, hash=root)
            for (level, index), root in expected.items()
            if (level, index) not in known
        ],
        batch_size=500,
    )
