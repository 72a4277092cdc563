"""Tiles and entry bundles of C2SP tlog-tiles: names, contents, strict reading.

    tile/<L>/<N>[.p/<W>]        W (or 256) hashes of level 8·L, from hash N·256 on
    tile/entries/<N>[.p/<W>]    the W (or 256) leaves themselves, each behind its length, a big-endian uint16

N is written in groups of three digits, all but the last behind an `x`: 1234067 is `x001/x234/067`.
"""

import re
from collections.abc import Iterator, Sequence

from attest.errors import ProofInvalid
from attest.log.merkle import HASH_SIZE

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_ENTRY = 0xFFFF
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


def _number(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Path of a hash tile; `width` below 256 names a partial one."""
    return f"tile/{level}/{_number(index)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Path of an entry bundle; `width` below 256 names a partial one."""
    return f"tile/entries/{_number(index)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def parse_path(path: str) -> tuple[int | None, int, int]:
    """Read a path into (level, or None for entries, index, width). Raises ProofInvalid (`tile_path_invalid`).

    Only the one canonical spelling passes, so a path that parses is safe to join to the store's folder.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise ProofInvalid("This is no tile's path.", code="tile_path_invalid")
    level = None if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    width = int(match["width"]) if match["width"] else TILE_WIDTH
    spelled = entries_path(index, width) if level is None else tile_path(level, index, width)
    if spelled != path or (level or 0) > 63:
        raise ProofInvalid("This is no tile's path.", code="tile_path_invalid")
    return level, index, width


def encode_hashes(hashes: Sequence[bytes]) -> bytes:
    """A hash tile's bytes."""
    return b"".join(hashes)


def parse_hashes(data: bytes, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile of this width. Raises ProofInvalid (`tile_malformed`)."""
    if len(data) != width * HASH_SIZE:
        raise ProofInvalid(f"A tile of width {width} has {width * HASH_SIZE} bytes.", code="tile_malformed")
    return tuple(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle's bytes. Raises ValueError on an entry over 65,535 bytes."""
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError("an entry has at most 65,535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entries(data: bytes, width: int) -> tuple[bytes, ...]:
    """The entries of a bundle of this width. Raises ProofInvalid (`tile_malformed`)."""
    entries, at = list[bytes](), 0
    while at < len(data) and len(entries) < width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            break
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(entries) != width:
        raise ProofInvalid(f"The entry bundle does not hold {width} entries.", code="tile_malformed")
    return tuple(entries)


def tiles_of(size: int, level: int) -> Iterator[tuple[int, int]]:
    """(index, width) of each tile at this level of a tree of `size` leaves; the last may be partial."""
    count = size >> (TILE_HEIGHT * level)
    for index in range(-(-count // TILE_WIDTH)):
        yield index, min(TILE_WIDTH, count - index * TILE_WIDTH)
