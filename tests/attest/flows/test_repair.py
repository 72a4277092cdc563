"""What follows from the leaves is rebuilt; leaves and signed notes are never written."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from attest.errors import LogInconsistent
from attest.flows.append import Entry, append, append_many
from attest.flows.fsck import fsck
from attest.flows.repair import rebuild
from attest.flows.restore import restore
from attest.flows.revoke import revoke
from attest.flows.seal import seal
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Leaf, Opening
from attest.log.store import TileStore
from attest.models import CheckpointRow, LeafDigest, LeafRow, LogHead, SubtreeRow

pytestmark = pytest.mark.django_db
ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def opening(name: str) -> Opening:
    roles = ("file", "asset", "claim", "binding", "store")
    return Opening.fresh({role: sha256(f"{role} {name}".encode()).hexdigest() for role in roles})


def fill(count: int, prefix: str) -> None:
    entries = []
    for each in range(count):
        opened = opening(f"{prefix}{each}")
        leaf = Leaf(Kind.ATTESTATION, NOW, source_type="human", commitments=opened.commitments())
        entries.append(Entry(f"{prefix}{each}", leaf, opened))
    append_many(entries)


def codes(store: TileStore) -> set[str]:
    return {each.code for each in fsck(store, KEY.vkey)}


@pytest.fixture
def sealed(tmp_path: Path) -> TileStore:
    """301 leaves, one of them a revocation, under two checkpoints."""
    store = TileStore(tmp_path / "log")
    fill(200, "first")
    seal(KEY, store, ORIGIN, NOW)
    fill(100, "second")
    revoke(7, "withdrawn", "r", NOW)
    seal(KEY, store, ORIGIN, NOW)
    assert codes(store) == set()
    return store


def _lose(store: TileStore, path: str) -> None:
    (store.root / path).unlink()


def _garble(store: TileStore, path: str) -> None:
    file = store.root / path
    file.chmod(0o600)
    file.write_bytes(b"!" + file.read_bytes()[1:])


DAMAGES: dict[str, tuple[str, Callable[[TileStore], object]]] = {
    "a lost tile": ("tile_missing", lambda s: _lose(s, "tile/0/000")),
    "a garbled tile": ("tile_differs", lambda s: _garble(s, "tile/0/001.p/45")),
    "a garbled tile of the second level": ("tile_differs", lambda s: _garble(s, "tile/1/000.p/1")),
    "a garbled bundle": ("tile_differs", lambda s: _garble(s, "tile/entries/000")),
    "no checkpoint file": ("checkpoint_file_missing", lambda s: _lose(s, "checkpoint")),
    "a garbled checkpoint file": ("checkpoint_file_differs", lambda s: _garble(s, "checkpoint")),
    "a checkpoint file that is no text": (
        "checkpoint_file_differs",
        lambda s: (s.root / "checkpoint").write_bytes(b"\xff\xfe"),
    ),
    "an old checkpoint file": (
        "checkpoint_file_behind",
        lambda s: (s.root / "checkpoint").write_text(CheckpointRow.objects.get(size=200).note),
    ),
    "a damaged head": ("head_differs", lambda _: LogHead.objects.update(compact_range=["00" * 32] * 4)),
    "a head that forgot its last leaf": ("leaf_beyond_head", lambda _: LogHead.objects.update(size=300)),
    "a damaged subtree": ("subtree_differs", lambda _: SubtreeRow.objects.update(hash=bytes(32))),
    "a lost subtree": ("subtree_differs", lambda _: SubtreeRow.objects.all().delete()),
    "a subtree too many": (
        "subtree_differs",
        lambda _: SubtreeRow.objects.create(level=8, index=9, hash=bytes(32)),
    ),
    "a row of another kind": (
        "leaf_row_differs",
        lambda _: LeafRow.objects.filter(index=9).update(kind="policy"),
    ),
    "a row with another hash": (
        "leaf_hash_differs",
        lambda _: LeafRow.objects.filter(index=9).update(leaf_hash=bytes(32)),
    ),
    "a forgotten revocation": (
        "revocation_not_marked",
        lambda _: LeafRow.objects.filter(index=7).update(revoked_by=None, revoked_at=None),
    ),
    "a revocation that nobody logged": (
        "revocation_not_logged",
        lambda _: LeafRow.objects.filter(index=8).update(
            revoked_by=LeafRow.objects.get(index=300), revoked_at=NOW
        ),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_follows_from_the_leaves_is_named_and_rebuilt(sealed: TileStore, damage: str) -> None:
    leaves = list(LeafRow.objects.values_list("index", "data", "salt"))
    notes = list(CheckpointRow.objects.values_list("size", "note"))
    code, cause = DAMAGES[damage]
    cause(sealed)
    assert code in codes(sealed)
    rebuild(sealed, KEY.vkey)
    assert codes(sealed) == set()
    assert list(LeafRow.objects.values_list("index", "data", "salt")) == leaves
    assert list(CheckpointRow.objects.values_list("size", "note")) == notes


BEYOND: dict[str, tuple[str, Callable[[TileStore], object]]] = {
    "an edited leaf": (
        "checkpoint_root_differs",
        lambda _: LeafRow.objects.filter(index=9).update(data=bytes(LeafRow.objects.get(index=10).data)),
    ),
    "a lost leaf": (
        "leaf_missing",
        lambda _: (LeafDigest.objects.filter(leaf__index=9).delete(), LeafRow.objects.get(index=9).delete()),
    ),
    "an edited root": (
        "checkpoint_root_differs",
        lambda _: CheckpointRow.objects.filter(size=200).update(root=bytes(32)),
    ),
}


@pytest.mark.parametrize("damage", BEYOND)
def test_where_leaves_and_notes_contradict_each_other_nothing_is_written(
    sealed: TileStore, damage: str
) -> None:
    code, cause = BEYOND[damage]
    cause(sealed)
    _garble(sealed, "tile/0/000")
    before = (sealed.root / "tile/0/000").read_bytes()
    with pytest.raises(LogInconsistent) as refused:
        rebuild(sealed, KEY.vkey)
    assert refused.value.code == code
    assert (sealed.root / "tile/0/000").read_bytes() == before


def test_a_damaged_leaf_that_no_checkpoint_vouches_for_is_not_trusted(sealed: TileStore) -> None:
    append(Kind.POLICY, key="p", name="p", document="00" * 32)
    LeafRow.objects.filter(index=301).update(leaf_hash=bytes(32))
    with pytest.raises(LogInconsistent) as refused:
        rebuild(sealed, KEY.vkey)
    assert refused.value.code == "leaf_hash_differs"


def _old_backup() -> None:
    """The database as it was at the first checkpoint, beside files as they are now."""
    LeafRow.objects.filter(index=7).update(revoked_by=None, revoked_at=None)
    LeafDigest.objects.filter(leaf__index__gte=200).delete()
    LeafRow.objects.filter(index__gte=200).delete()
    CheckpointRow.objects.filter(size__gt=200).delete()
    SubtreeRow.objects.all().delete()
    hashes = LeafRow.objects.order_by("index").values_list("leaf_hash", flat=True)
    from attest.log.merkle import CompactRange

    grown = CompactRange().extend(bytes(each) for each in hashes)
    LogHead.objects.update(size=200, compact_range=[each.hex() for each in grown.hashes])


def test_an_old_backup_beside_newer_files_is_named_and_the_published_leaves_come_back(
    sealed: TileStore,
) -> None:
    published = {row.index: bytes(row.data) for row in LeafRow.objects.all()}
    _old_backup()
    assert codes(sealed) == {"log_rolled_back"}
    with pytest.raises(LogInconsistent) as refused:
        rebuild(sealed, KEY.vkey)
    assert refused.value.code == "log_rolled_back"
    assert restore(sealed, KEY.vkey) == 101
    rebuild(sealed, KEY.vkey)
    assert codes(sealed) == set()
    assert {row.index: bytes(row.data) for row in LeafRow.objects.all()} == published
    assert LeafRow.objects.get(index=7).revoked_by is not None
    assert restore(sealed, KEY.vkey) == 0
    fill(3, "after")
    checkpoint = seal(KEY, sealed, ORIGIN, NOW)
    assert checkpoint is not None
    assert checkpoint.size == 304
    assert codes(sealed) == set()


def test_an_old_backup_that_went_on_by_itself_is_a_fork_and_is_left_as_it_is(sealed: TileStore) -> None:
    _old_backup()
    fill(3, "other")
    with pytest.raises(LogInconsistent) as refused:
        restore(sealed, KEY.vkey)
    assert refused.value.code == "log_forked"
    assert LeafRow.objects.count() == 203
