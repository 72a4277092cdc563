"""Write the log's tiles and entry bundles from its rows; the rows are the truth, the files a copy."""

from attest.errors import LogInconsistent, ProofInvalid
from attest.flows.hashes import hashes_at, row_hash
from attest.log.merkle import leaf_hash
from attest.log.store import TileStore
from attest.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    encode_entries,
    encode_hashes,
    entries_path,
    parse_hashes,
    tile_path,
    tiles_of,
)
from attest.models import LeafRow


def publish(store: TileStore, size: int, since: int = 0, *, repair: bool = False) -> int:
    """Write every tile of a tree of `size` that a tree of `since` has not got; return how many were written.

    Safe to repeat and to kill. Raises LogInconsistent where rows are missing or damaged, or where a tile
    already holds other bytes, unless `repair` rewrites those; OSError where the disk refuses.
    """
    written = sum(_publish_entries(store, index, width, repair) for index, width in _new(size, since, 0))
    # A repair must not copy from the very tile that it mends.
    get_hash = row_hash if repair else hashes_at(store, size)
    level = 1
    while size >> (TILE_HEIGHT * level):
        for index, width in _new(size, since, level):
            first = index * TILE_WIDTH
            hashes = [] if repair else _former(store, level, index, since)
            hashes += [get_hash(TILE_HEIGHT * level, first + at) for at in range(len(hashes), width)]
            written += store.write(tile_path(level, index, width), encode_hashes(hashes), repair=repair)
            if width == TILE_WIDTH:
                store.prune_partials(level, index)
        level += 1
    return written


def _new(size: int, since: int, level: int) -> list[tuple[int, int]]:
    """(index, width) of the tiles at this level that are not already those of a tree of `since`."""
    had = set(tiles_of(since, level))
    first = (since >> (TILE_HEIGHT * level)) // TILE_WIDTH
    return [tile for tile in tiles_of(size, level) if tile[0] >= first and tile not in had]


def _former(store: TileStore, level: int, index: int, since: int) -> list[bytes]:
    """The hashes that the tile had at `since`, so that growing one by one rehashes nothing below it."""
    width = (since >> (TILE_HEIGHT * level)) - index * TILE_WIDTH
    if not 0 < width < TILE_WIDTH:
        return []
    data = store.read(tile_path(level, index, width))
    try:
        return [] if data is None else list(parse_hashes(data, width))
    except ProofInvalid:
        return []


def entries_between(begin: int, end: int) -> list[tuple[bytes, bytes]]:
    """(leaf bytes, leaf hash) of rows [begin, end), each hash checked against its bytes.

    Raises LogInconsistent: `leaf_missing`, `leaf_hash_differs`.
    """
    rows = LeafRow.objects.filter(index__gte=begin, index__lt=end).order_by("index")
    found = [(bytes(data), bytes(stored)) for data, stored in rows.values_list("data", "leaf_hash")]
    if len(found) != end - begin:
        raise LogInconsistent(f"Leaves are missing between {begin} and {end}.", code="leaf_missing")
    for at, (data, stored) in enumerate(found):
        if leaf_hash(data) != stored:
            raise LogInconsistent(f"Leaf {begin + at} is not what was hashed.", code="leaf_hash_differs")
    return found


def _publish_entries(store: TileStore, index: int, width: int, repair: bool) -> int:
    first = index * TILE_WIDTH
    found = entries_between(first, first + width)
    bundle = encode_entries([data for data, _ in found])
    hashes = encode_hashes([stored for _, stored in found])
    # Entries before hashes: a hash tile that can be read promises that its entries can be read too.
    written = int(store.write(entries_path(index, width), bundle, repair=repair))
    written += store.write(tile_path(0, index, width), hashes, repair=repair)
    if width == TILE_WIDTH:
        store.prune_partials(None, index)
        store.prune_partials(0, index)
    return written
