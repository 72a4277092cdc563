import json
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


def test_a_crash_while_writing_leaves_the_last_one(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 7, {}, fill(b"good"))

    def crash(folder: Path) -> None:
        (folder / "part.index").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snapshot.write(tmp_path, 8, {}, crash)
    assert snapshot.read(tmp_path).last == 7
