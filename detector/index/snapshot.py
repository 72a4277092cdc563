"""Snapshots of the indexes: whole or not at all, and never taken for what they are not.

A snapshot is a folder `snapshot-<number>` of files and a `manifest.json` beside it naming the folder, each
file's size and SHA-256, the layout's version, and the last sequence it covers. The files are written and
synced first; replacing the manifest (write, fsync, rename) is what makes them the snapshot.
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

LAYOUT_VERSION = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A verified snapshot: its folder, the last sequence it covers, and what its writer noted."""

    folder: Path
    last: int
    notes: Mapping[str, Any]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(root: Path, last: int, notes: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
    """Let `fill` write files into a new folder under `root`, then make that folder the snapshot.

    Older folders are deleted afterwards. A crash at any point leaves the previous snapshot in force.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"snapshot-{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        fill(folder)
        files = {}
        for path in sorted(folder.iterdir()):
            _sync(path)
            files[path.name] = {"size": path.stat().st_size, "sha256": _digest(path)}
        _sync(folder)
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


def read(root: Path) -> Snapshot:
    """The snapshot under `root`, every file checked. Raises SnapshotInvalid where anything is amiss."""
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
    for name, stated in files.items():
        path = folder / Path(name).name
        try:
            same = path.stat().st_size == stated["size"] and _digest(path) == stated["sha256"]
        except (OSError, KeyError, TypeError) as error:
            raise SnapshotInvalid(f"The snapshot's file {name} is missing.") from error
        if not same:
            raise SnapshotInvalid(f"The snapshot's file {name} is truncated or altered.")
    return Snapshot(folder=folder, last=last, notes=notes)
