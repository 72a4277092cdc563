"""The static files of a log: tiles, entry bundles and the checkpoint, as C2SP tlog-tiles serves them.

Files appear whole or not at all (temporary file, fsync, rename); a tile, once written, never changes.
"""

import shutil
from pathlib import Path

from attest.errors import LogInconsistent, ProofInvalid
from attest.log.durable import replace
from attest.log.memory import MemoryTree
from attest.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    entries_path,
    parse_entries,
    parse_hashes,
    parse_path,
    tile_path,
)

KEPT_TILES = 256


class TileStore:
    """Tiles under one folder. Every method may raise OSError (a full disk, for one)."""

    def __init__(self, root: Path) -> None:
        """Use `root`, which is made at the first write."""
        self.root = root

    def read(self, path: str) -> bytes | None:
        """Bytes at a tile's path, or None where there is no such file. Raises ProofInvalid on a foreign path.

        A partial tile that was pruned is cut out of the full one, so that it can be served for ever.
        """
        level, index, width = parse_path(path)
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            if width == TILE_WIDTH:
                return None
        full = self.read(entries_path(index) if level is None else tile_path(level, index))
        if full is None:
            return None
        if level is not None:
            return b"".join(parse_hashes(full, TILE_WIDTH)[:width])
        kept = parse_entries(full, TILE_WIDTH)[:width]
        return full[: sum(2 + len(entry) for entry in kept)]

    def holds(self, path: str) -> bool:
        """Whether exactly this file is there."""
        parse_path(path)
        return (self.root / path).is_file()

    def write(self, path: str, data: bytes, *, repair: bool = False) -> bool:
        """Write a tile unless it is there; True where it wrote.

        Raises LogInconsistent (`tile_differs`) where other bytes lie there already, unless `repair` is set.
        """
        parse_path(path)
        target = self.root / path
        try:
            found = target.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            found = None
        if found == data:
            return False
        if found is not None and not repair:
            raise LogInconsistent(f"The tile {path} holds other bytes than the log.", code="tile_differs")
        self._replace(target, data)
        return True

    def prune_partials(self, level: int | None, index: int) -> None:
        """Delete the partial tiles that the full one, already written, makes needless."""
        full = entries_path(index) if level is None else tile_path(level, index)
        if self.holds(full):
            shutil.rmtree(self.root / f"{full}.p", ignore_errors=True)

    def read_checkpoint(self) -> str | None:
        """The published checkpoint's note, or None before the first."""
        try:
            return (self.root / "checkpoint").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write_checkpoint(self, note: str) -> None:
        """Publish a checkpoint in place of the former."""
        self._replace(self.root / "checkpoint", note.encode())

    def _replace(self, target: Path, data: bytes) -> None:
        replace(target, data)


class TileHashes:
    """Subtree hashes (`GetHash`) of a sealed tree of `size` leaves, read from its tiles.

    The tiles asked for last are kept with the nodes above their hashes, some 8 MiB at most, so that many
    proofs of one tree cost one tile each and memory stays where it is.

    Calling it raises TileMissing where a tile is absent or cut short, so that a caller can fall back on rows.
    """

    def __init__(self, store: TileStore, size: int) -> None:
        """Read tiles of `store` as they stood at `size`."""
        self._store = store
        self._size = size
        self._tiles: dict[tuple[int, int], MemoryTree] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Hash of leaves [index << level, (index + 1) << level), which lie within `size`."""
        row, within = divmod(level, TILE_HEIGHT)
        first = index << within
        tile = self._tile(row, first // TILE_WIDTH)
        return tile(within, first % TILE_WIDTH >> within)

    def _tile(self, row: int, index: int) -> MemoryTree:
        found = self._tiles.pop((row, index), None)
        if found is None:
            width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * row)) - index * TILE_WIDTH)
            try:
                data = self._store.read(tile_path(row, index, width))
                found = None if data is None else MemoryTree(parse_hashes(data, width))
            except ProofInvalid as error:
                raise TileMissing(str(error)) from error
            if found is None:
                raise TileMissing(f"The tile {tile_path(row, index, width)} is missing.")
            if len(self._tiles) == KEPT_TILES:
                del self._tiles[next(iter(self._tiles))]
        # The one used last goes to the end, so that the first is the one to let go of.
        self._tiles[row, index] = found
        return found


class TileMissing(LogInconsistent):
    """A tile that the checkpoint calls for is absent or malformed; the rows can replace it."""

    code = "tile_missing"
