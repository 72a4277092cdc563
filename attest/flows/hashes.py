"""Subtree hashes of the log for proofs: from the tiles where they are, from the rows where they are not."""

from attest.errors import LogInconsistent
from attest.log.merkle import GetHash, root_of
from attest.log.store import TileHashes, TileMissing, TileStore
from attest.log.tiles import TILE_HEIGHT
from attest.models import LeafRow, SubtreeRow


def leaf_row_hash(level: int, index: int) -> bytes:
    """A `GetHash` over the leaf rows alone: 2**level of them. Raises LogInconsistent (`leaf_missing`)."""
    begin, end = index << level, (index + 1) << level
    rows = LeafRow.objects.filter(index__gte=begin, index__lt=end).order_by("index")
    hashes = [bytes(each) for each in rows.values_list("leaf_hash", flat=True).iterator(chunk_size=4096)]
    if len(hashes) != end - begin:
        raise LogInconsistent(f"Leaves are missing between {begin} and {end}.", code="leaf_missing")
    return root_of(hashes)


def row_hash(level: int, index: int) -> bytes:
    """A `GetHash` over leaf rows and stored subtrees: at most 255 rows a call. Raises as `leaf_row_hash`."""
    stored = level - level % TILE_HEIGHT
    if stored == 0:
        return leaf_row_hash(level, index)
    begin, end = index << (level - stored), (index + 1) << (level - stored)
    rows = SubtreeRow.objects.filter(level=stored, index__gte=begin, index__lt=end).order_by("index")
    hashes = [bytes(each) for each in rows.values_list("hash", flat=True)]
    return root_of(hashes) if len(hashes) == end - begin else leaf_row_hash(level, index)


def store_subtrees(before: int, after: int) -> None:
    """Store the subtrees that growing the log from `before` to `after` leaves completed."""
    level = TILE_HEIGHT
    while after >> level:
        made = [
            SubtreeRow(level=level, index=index, hash=_hash_of_children(level, index))
            for index in range(before >> level, after >> level)
        ]
        SubtreeRow.objects.bulk_create(made, batch_size=500)
        level += TILE_HEIGHT


def _hash_of_children(level: int, index: int) -> bytes:
    below = level - TILE_HEIGHT
    if below == 0:
        return leaf_row_hash(level, index)
    first = index << TILE_HEIGHT
    rows = SubtreeRow.objects.filter(level=below, index__gte=first, index__lt=first + (1 << TILE_HEIGHT))
    return root_of([bytes(each) for each in rows.order_by("index").values_list("hash", flat=True)])


def hashes_at(store: TileStore | None, size: int) -> GetHash:
    """A `GetHash` for a sealed tree of `size`: each tile is read once, a missing one computed."""
    if store is None:
        return row_hash
    tiles = TileHashes(store, size)

    def read(level: int, index: int) -> bytes:
        try:
            return tiles(level, index)
        except TileMissing:
            return row_hash(level, index)

    return read
