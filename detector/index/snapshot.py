"""Snapshots of the indexes: whole or not at all, and never taken for what they are not.

A snapshot is a folder `snapshot-<number>` of files and a `manifest.json` beside it naming the folder, each
file's size and the SHA-256 of each 4 MiB of it, the layout's version, and the last sequence it covers. The
files are written and synced first; replacing the manifest (write, fsync, rename) makes them the snapshot.

Files are mapped into memory, not read, at start: read() checks every size, and the content of small files and
of the first 4 MiB of large ones; verify() reads the rest, and is meant to run beside the first questions.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import SnapshotInvalid

LAYOUT_VERSION = 3
CHUNK = 4 * 1024 * 1024
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot: its folder, the last sequence it covers, what its writer noted, and the digests of all
    chunks of those files that read() has not read to the end."""

    folder: Path
    last: int
    notes: Mapping[str, Any]
    unread: Mapping[str, tuple[str, ...]]


def _digests(path: Path, most: int | None = None) -> list[str]:
    """SHA-256 of each chunk, or of the first `most`."""
    found: list[str] = []
    with path.open("rb") as stream:
        while (most is None or len(found) < most) and (chunk := stream.read(CHUNK)):
            found.append(hashlib.sha256(chunk).hexdigest())
    return found


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entry(path: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of a file. One that the last snapshot held too (a link) is not read again."""
    stat = path.stat()
    mark = f"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"
    if mark in known:
        return {"size": stat.st_size, "mark": mark, "sha256": known[mark]}
    _sync(path)
    return {"size": stat.st_size, "mark": mark, "sha256": _digests(path)}


def _known(root: Path) -> dict[str, Any]:
    try:
        files = json.loads((root / _MANIFEST).read_text())["files"]
        return {entry["mark"]: entry["sha256"] for entry in files.values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write(root: Path, last: int, notes: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
    """Let `fill` write files into a new folder under `root`, then make that folder the snapshot.

    Older folders are deleted afterwards. A crash at any point leaves the previous snapshot in force.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"snapshot-{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        fill(folder)
        known = _known(root)
        every = sorted(folder.rglob("*"))
        files = {str(path.relative_to(folder)): _entry(path, known) for path in every if path.is_file()}
        for place in (*filter(Path.is_dir, every), folder):
            _sync(place)
        manifest = {"version": LAYOUT_VERSION, "folder": folder.name, "last": last, "notes": dict(notes)}
        fresh = root / f"{_MANIFEST}.{folder.name}"
        fresh.write_text(json.dumps({**manifest, "files": files}, indent=1, sort_keys=True))
        _sync(fresh)
        fresh.replace(root / _MANIFEST)
        _sync(root)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in root.glob("snapshot-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)


def _stated(root: Path) -> tuple[Path, int, dict[str, Any], dict[str, Any]]:
    """The folder, the last sequence, the notes and the files that the manifest names."""
    try:
        manifest = json.loads((root / _MANIFEST).read_text())
        version, folder = manifest["version"], root / Path(str(manifest["folder"])).name
        files, last, notes = dict(manifest["files"]), int(manifest["last"]), dict(manifest["notes"])
    except FileNotFoundError as error:
        raise SnapshotInvalid("There is no snapshot.", code="snapshot_missing") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotInvalid("The snapshot's manifest cannot be read.") from error
    if version != LAYOUT_VERSION:
        raise SnapshotInvalid(f"The snapshot is of layout {version}, this program writes {LAYOUT_VERSION}.")
    return folder, last, notes, files


def covers(root: Path, last: int) -> bool:
    """Whether the snapshot under `root` ends with `last` and has all its files, of the right sizes; none is
    read."""
    try:
        folder, held, _, files = _stated(root)
        return held == last and all(
            (folder / name).stat().st_size == stated["size"] for name, stated in files.items()
        )
    except (SnapshotInvalid, OSError, KeyError, TypeError):
        return False


def read(root: Path) -> Snapshot:
    """The snapshot under `root`, checked as far as the module says. Raises SnapshotInvalid."""
    folder, last, notes, files = _stated(root)
    unread = {}
    for name, stated in files.items():
        path = folder / name
        try:
            if folder.resolve() not in path.resolve().parents:
                raise SnapshotInvalid("The snapshot's manifest names a file outside of it.")
            same = path.stat().st_size == stated["size"] and _digests(path, 1) == stated["sha256"][:1]
            if len(stated["sha256"]) > 1:
                unread[name] = tuple(map(str, stated["sha256"]))
        except (OSError, KeyError, TypeError) as error:
            raise SnapshotInvalid(f"The snapshot's file {name} is missing.") from error
        if not same:
            raise _altered(name)
    return Snapshot(folder, last, notes, unread)


def _altered(name: str) -> SnapshotInvalid:
    return SnapshotInvalid(f"The snapshot's file {name} is truncated or altered.")


def verify(held: Snapshot) -> None:
    """Read to the end what read() did not. Raises SnapshotInvalid, but not for a snapshot replaced since."""
    for name, stated in held.unread.items():
        try:
            found = _digests(held.folder / name)
        except OSError as error:
            if not held.folder.exists():
                return
            raise _altered(name) from error
        if tuple(found) != stated:
            raise _altered(name)
