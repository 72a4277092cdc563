"""ISO base media files (ISO/IEC 14496-12): MP4, MOV, M4A, and the pictures AVIF and HEIC (ISO/IEC 23008-12).

A box length of 0 means "to the end of the file" and is taken only for the last box, and never inside the
index of the tracks; a length below its own header, or past the end, is refused before anything is read.
"""

from collections.abc import Iterator

from provenance.assets.structure.walker import Walk, malformed, truncated

_PICTURE_PATH = (b"meta", b"iprp", b"ipco")
_FULL_BOX_HEADER = 4
_INDEXES = frozenset({b"moov", b"moof"})
# What an index nests, without the boxes that hold a list of another form (user data ends in four zeros).
_NESTED = frozenset({b"trak", b"mdia", b"minf", b"stbl", b"traf"})
_MAX_DEPTH = 8


def check_media(walk: Walk) -> None:
    """MP4, MOV and M4A. Raises RejectedAsset: `truncated_file`, `malformed_media`."""
    indexes = [(at, to) for kind, at, to in boxes(walk, 0, walk.size) if kind in _INDEXES]
    if not indexes:
        raise malformed("the recording has no index of its tracks")
    pending, pieces = [(at, to, 1) for at, to in indexes], 0
    while pending:
        start, end, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise malformed("the index of its tracks is nested too deep")
        for kind, at, to in _inside(walk, start, end):
            pieces += 1
            walk.boxes(pieces)
            if kind in _NESTED:
                pending.append((at, to, depth + 1))


def _inside(walk: Walk, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of a box: none may claim to reach the end of the file, nor past the box that holds it.

    Fewer than eight bytes may be left over, as some recorders leave them.
    """
    at = start
    while at + 8 <= end:
        size, kind, header = walk.number(at, 4), walk.take(at + 4, 4), 8
        if size == 1 and at + 16 <= end:
            size, header = walk.number(at + 8, 8), 16
        if size < header or at + size > end:
            raise malformed("a box in the index of its tracks claims an impossible length")
        yield kind, at + header, at + size
        at += size


def check_picture(walk: Walk) -> None:
    """AVIF and HEIC. Raises RejectedAsset: `too_many_pixels`, `truncated_file`, `malformed_media`."""
    start, end = 0, walk.size
    for wanted in _PICTURE_PATH:
        inside = next(((at, to) for kind, at, to in boxes(walk, start, end) if kind == wanted), None)
        if inside is None:
            raise malformed("the picture has no description of itself")
        start, end = inside
        if wanted == b"meta":
            start += _FULL_BOX_HEADER
    for kind, at, _ in boxes(walk, start, end):
        if kind == b"ispe":
            walk.pixels(walk.number(at + 4, 4), walk.number(at + 8, 4))
    if start == 0:
        raise malformed("the picture has no description of itself")
    # The pictures' bytes lie in top-level boxes after meta: walk them all, so that a cut file is noticed.
    list(boxes(walk, 0, walk.size))


def boxes(walk: Walk, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of content, end) of each box between `start` and `end`."""
    at, pieces = start, 0
    while at < end:
        pieces += 1
        walk.boxes(pieces)
        if at + 8 > end:
            raise truncated()
        size, kind, header = walk.number(at, 4), walk.take(at + 4, 4), 8
        if size == 1:
            size, header = walk.number(at + 8, 8), 16
        elif size == 0:
            if end != walk.size:
                raise malformed("an inner box claims to reach the end of the file")
            size = end - at
        if size < header:
            raise malformed("a box is shorter than its own header")
        if size >= 1 << 62:
            raise malformed("a box claims an impossible length")
        if at + size > end:
            raise truncated()
        yield kind, at + header, at + size
        at += size
