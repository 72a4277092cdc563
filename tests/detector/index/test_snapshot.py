import json
import os
from pathlib import Path

import pytest

from detector.errors import SnapshotInvalid
from detector.index import snapshot


def fill(content: bytes):
    return lambda folder: (folder / "part.index").write_bytes(content)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 7, {"a": 1}, fill(b"one"))
    snapshot.write(tmp_path, 8, {"a": 2}, fill(b"two"))
    held = snapshot.read(tmp_path)
    assert (held.last, dict(held.notes), (held.folder / "part.index").read_bytes()) == (8, {"a": 2}, b"two")
    assert len(list(tmp_path.iterdir())) == 2


def test_none_is_told_from_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(SnapshotInvalid) as caught:
        snapshot.read(tmp_path)
    assert caught.value.code == "snapshot_missing"


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "version", "manifest", "empty"])
def test_a_damaged_snapshot_is_refused(tmp_path: Path, damage: str) -> None:
    snapshot.write(tmp_path, 7, {}, fill(b"some content"))
    part, manifest = next(tmp_path.rglob("part.index")), tmp_path / "manifest.json"
    match damage:
        case "cut":
            part.write_bytes(b"some")
        case "flip":
            part.write_bytes(b"some cOntent")
        case "missing":
            part.unlink()
        case "version":
            manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 99}))
        case "manifest":
            manifest.write_bytes(manifest.read_bytes()[:40])
        case "empty":
            manifest.write_bytes(b"")
    with pytest.raises(SnapshotInvalid) as caught:
        snapshot.read(tmp_path)
    assert caught.value.code == "snapshot_invalid"


def test_a_large_file_is_read_to_its_end_only_when_verified(tmp_path: Path) -> None:
    content = bytearray(b"x" * (2 * snapshot.CHUNK + 10))
    snapshot.write(tmp_path, 7, {}, fill(bytes(content)))
    snapshot.verify(snapshot.read(tmp_path))
    part = next(tmp_path.rglob("part.index"))
    content[-1] = 0
    part.write_bytes(content)
    held = snapshot.read(tmp_path)
    with pytest.raises(SnapshotInvalid, match="altered"):
        snapshot.verify(held)
    content[0] = 0
    part.write_bytes(content)
    with pytest.raises(SnapshotInvalid, match="altered"):
        snapshot.read(tmp_path)


def test_a_snapshot_replaced_while_it_is_verified_is_no_damage(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 7, {}, fill(b"x" * (snapshot.CHUNK + 1)))
    held = snapshot.read(tmp_path)
    snapshot.write(tmp_path, 8, {}, fill(b"y"))
    snapshot.verify(held)


def test_files_shared_with_the_last_snapshot_are_not_read_again_but_keep_their_digest(tmp_path: Path) -> None:
    shared = tmp_path / "elsewhere"
    shared.write_bytes(b"good")

    def link(folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep" / "part.index").hardlink_to(shared)

    snapshot.write(tmp_path / "index", 7, {}, link)
    stat = shared.stat()
    shared.write_bytes(b"evil")
    os.utime(shared, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    snapshot.write(tmp_path / "index", 8, {}, link)
    with pytest.raises(SnapshotInvalid, match="altered"):
        snapshot.read(tmp_path / "index")


def test_a_manifest_that_names_files_outside_is_refused(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 7, {}, fill(b"x"))
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"part.index"', '"../manifest.json"'))
    with pytest.raises(SnapshotInvalid):
        snapshot.read(tmp_path)


def test_a_crash_while_writing_leaves_the_last_one(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 7, {}, fill(b"good"))

    def crash(folder: Path) -> None:
        (folder / "part.index").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snapshot.write(tmp_path, 8, {}, crash)
    assert snapshot.read(tmp_path).last == 7


@pytest.mark.parametrize("damage", ["none", "cut", "missing", "version", "manifest", "other"])
def test_a_snapshot_covers_what_it_says_while_its_files_are_there(tmp_path: Path, damage: str) -> None:
    assert not snapshot.covers(tmp_path, 7)
    snapshot.write(tmp_path, 8 if damage == "other" else 7, {}, fill(b"some content"))
    part, manifest = next(tmp_path.rglob("part.index")), tmp_path / "manifest.json"
    match damage:
        case "cut":
            part.write_bytes(b"some")
        case "missing":
            part.unlink()
        case "version":
            manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 2}))
        case "manifest":
            manifest.write_bytes(b"[]")
    assert snapshot.covers(tmp_path, 7) == (damage == "none")
