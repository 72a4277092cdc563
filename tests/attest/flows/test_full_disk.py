"""A disk that is full while the log is sealed: nothing half is published, and the next seal finishes it."""

import errno
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attest.flows.append import append
from attest.flows.fsck import fsck
from attest.flows.seal import seal
from attest.log.keys import LogKey
from attest.log.leaf import Kind
from attest.log.store import TileStore
from attest.models import CheckpointRow
from tests.full_disk import SmallDisk, small_disk

pytestmark = pytest.mark.django_db
ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 1) as made:
        yield made


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_seal_on_a_full_disk_publishes_nothing_half_and_is_finished_later(disk: SmallDisk) -> None:
    store = TileStore(disk.folder / "log")
    append(Kind.POLICY, key="a", name="a", document="00" * 32)
    first = seal(KEY, store, ORIGIN, NOW)
    assert first is not None
    before = files(store.root)
    append(Kind.POLICY, key="b", name="b", document="11" * 32)
    disk.fill()
    for _ in range(2):
        with pytest.raises(OSError, match="No space left") as full:
            seal(KEY, store, ORIGIN, NOW)
        assert full.value.errno == errno.ENOSPC
        assert files(store.root) == before
        assert CheckpointRow.objects.count() == 1
        assert store.read_checkpoint() == first.note
    disk.free()
    second = seal(KEY, store, ORIGIN, NOW)
    assert second is not None
    assert second.size == 2
    assert fsck(store, KEY.vkey) == []


def test_a_disk_that_fills_between_tiles_and_checkpoint_is_no_harm(disk: SmallDisk) -> None:
    store = TileStore(disk.folder / "log")
    append(Kind.POLICY, key="a", name="a", document="00" * 32)
    write, filled = store.write_checkpoint, []

    def when_full(note: str) -> None:
        disk.fill()
        filled.append(note)
        write(note)

    store.write_checkpoint = when_full  # type: ignore[method-assign]
    with pytest.raises(OSError, match="No space left"):
        seal(KEY, store, ORIGIN, NOW)
    assert filled
    assert store.read_checkpoint() is None
    assert {each.code for each in fsck(store, KEY.vkey)} == {"checkpoint_file_missing"}
    store.write_checkpoint = write  # type: ignore[method-assign]
    disk.free()
    assert seal(KEY, store, ORIGIN, NOW) is None
    assert fsck(store, KEY.vkey) == []
