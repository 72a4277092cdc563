"""Where one process keeps the files of its segments: a folder that is gone when the process is, however it
ends."""

import fcntl
import os
import shutil
import tempfile
import threading
import weakref
from pathlib import Path

_PREFIX = "assay-segments-"
_LOCK = "in-use"
_made = threading.Lock()


class Workplace:
    """Folders below `place` (the system's for temporary files if None), made when first needed.

    The folder holds a locked file; the lock dies with the process, and the next to come removes the remains.
    """

    def __init__(self, place: Path | None = None) -> None:
        self._place = place
        self._root: Path | None = None
        self._guard: int | None = None

    def folder(self) -> Path:
        """A new empty folder."""
        with _made:
            if self._root is None or not self._root.exists():
                self._root = self._open()
        return Path(tempfile.mkdtemp(dir=self._root))

    def _open(self) -> Path:
        place = Path(tempfile.gettempdir()) if self._place is None else self._place
        place.mkdir(parents=True, exist_ok=True)
        # Nobody clears away while another makes a folder and has not locked it yet.
        turn = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _clear(place)
            root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
            guard = os.open(root / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(guard, fcntl.LOCK_EX)
        finally:
            os.close(turn)
        weakref.finalize(self, _end, root, guard)
        return root

    @staticmethod
    def link(source: Path, target: Path) -> None:
        """Let `target` hold the files of the folder `source`: the same ones, or copies on another disk."""
        target.mkdir(exist_ok=True)
        for path in sorted(source.iterdir()):
            try:
                os.link(path, target / path.name)
            except OSError:
                shutil.copy2(path, target / path.name)


def _end(root: Path, guard: int) -> None:
    shutil.rmtree(root, ignore_errors=True)
    os.close(guard)


def _clear(place: Path) -> None:
    """Remove what processes left that were killed."""
    for root in place.glob(f"{_PREFIX}*"):
        try:
            guard = os.open(root / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(guard)
            continue
        _end(root, guard)
