"""GIF89a (CompuServe specification): blocks from the logical screen to the trailer."""

from provenance.assets.structure.walker import Walk, malformed

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B


def check(walk: Walk) -> None:
    """Raises RejectedAsset: `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media`."""
    walk.pixels(walk.number(6, 2, "little"), walk.number(8, 2, "little"))
    at = 13 + _table_bytes(walk.number(10, 1))
    frames = pieces = 0
    while True:
        pieces += 1
        walk.boxes(pieces)
        kind = walk.number(at, 1)
        if kind == _TRAILER:
            return
        if kind == _EXTENSION:
            at = _skip_sub_blocks(walk, at + 2)
        elif kind == _IMAGE:
            frames += 1
            walk.frames(frames)
            walk.pixels(walk.number(at + 5, 2, "little"), walk.number(at + 7, 2, "little"))
            at = _skip_sub_blocks(walk, at + 11 + _table_bytes(walk.number(at + 9, 1)))
        else:
            raise malformed("a GIF block has an unknown kind")


def _table_bytes(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _skip_sub_blocks(walk: Walk, at: int) -> int:
    data, size = walk.data, walk.size
    while at < size:
        length = data[at]
        at += 1 + length
        if length == 0:
            return at
    walk.take(at, 1)
    return at
