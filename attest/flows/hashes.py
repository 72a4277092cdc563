"""Subtree hashes of the log for proofs: from the tiles where they are, from the rows where they are not."""

from attest.errors import LogInconsistent
from attest.log.merkle import GetHash, root_of
from attest.log.store import TileHashes, TileMissing, TileStore
from attest.models import LeafRow


def row_hash(level: int, index: int) -> bytes:
    """A `GetHash` over the leaf rows: one query, 2**level rows. Raises LogInconsistent (`leaf_missing`)."""
    begin, end = index << level, (index + 1) << level
    rows = LeafRow.objects.filter(index__gte=begin, index__lt=end).order_by("index")
    hashes = [bytes(each) for each in rows.values_list("leaf_hash", flat=True).iterator(chunk_size=4096)]
    if len(hashes) != end - begin:
        raise LogInconsistent(f"Leaves are missing between {begin} and {end}.", code="leaf_missing")
    return root_of(hashes)


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
