"""The items of a HEIC or AVIF picture (ISO/IEC 14496-12 section 8.11): its Exif block and its XMP packet."""

from dataclasses import dataclass
from itertools import pairwise

from provenance.assets.private import canvas as words
from provenance.assets.private import xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.exif import blank_exif
from provenance.assets.structure.bmff import boxes
from provenance.assets.structure.walker import Walk, malformed

Span = tuple[int, int]
_RDF = b"application/rdf+xml"


def blank(canvas: Canvas, inner: dict[bytes, Span], origin: int) -> None:
    """Blank the items that `inner`, a meta box's content by type, tells of; offsets count from `origin`.

    Raises RejectedAsset `malformed_media` or `truncated_file` where they cannot be found.
    """
    walk = canvas.walk()
    kinds = _kinds(walk, *inner[b"iinf"])
    if not kinds:
        return
    origins = (origin, inner.get(b"idat", (0, 0))[0])
    places = _places(walk, inner[b"iloc"], origins, set(kinds))
    ordered = sorted(span for spans in places.values() for span in spans)
    if any(left[1] > right[0] for left, right in pairwise(ordered)):
        raise malformed("items of the picture lie over one another")
    for number, kind in kinds.items():
        spans = places.get(number, [])
        if any(end > walk.size for _, end in spans):
            raise malformed("an item of the picture lies outside the file")
        if kind == b"Exif":
            _exif(canvas, spans)
        elif len(spans) == 1:
            xmp.blank(canvas, *spans[0])
        else:
            for start, end in spans:
                canvas.blank(start, end, words.UNREADABLE_XMP, b" ")


def _exif(canvas: Canvas, spans: list[Span]) -> None:
    """An item is four bytes of offset, that many bytes, and the block."""
    if len(spans) != 1:
        for start, end in spans:
            canvas.blank(start, end, words.UNREADABLE_EXIF)
        return
    start, end = spans[0]
    block = start + 4 + int.from_bytes(canvas.data[start : start + 4], "big")
    if block >= end:
        canvas.blank(start, end, words.UNREADABLE_EXIF)
    else:
        blank_exif(canvas, block, end)


def _kinds(walk: Walk, at: int, to: int) -> dict[int, bytes]:
    """Exif and XMP items by their number; pictures and all else are left out."""
    count = 2 if walk.number(at, 1) == 0 else 4
    found: dict[int, bytes] = {}
    for kind, start, end in boxes(walk, at + 4 + count, to):
        version = walk.number(start, 1)
        if kind != b"infe" or version < 2:
            continue
        wide = 2 if version == 2 else 4
        number, item = walk.number(start + 4, wide), walk.take(start + 6 + wide, 4)
        content_type = walk.take(start + 10 + wide, end - start - 10 - wide)
        if item == b"Exif" or (item == b"mime" and _RDF in content_type):
            found[number] = item
    return found


@dataclass(slots=True)
class _Cursor:
    """A place in a table that is read number by number."""

    walk: Walk
    at: int

    def number(self, length: int) -> int:
        value = self.walk.number(self.at, length) if length else 0
        self.at += length
        return value


def _places(walk: Walk, table: Span, origins: tuple[int, int], wanted: set[int]) -> dict[int, list[Span]]:
    """Where the `wanted` items lie, by number; `origins` are those of construction methods 0 and 1."""
    at, to = table
    version = walk.number(at, 1)
    cursor = _Cursor(walk, at + 4)
    sizes = cursor.number(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    wide = 4 if version == 2 else 2
    count = cursor.number(wide)
    walk.boxes(count)
    found: dict[int, list[Span]] = {}
    for _ in range(count):
        number = cursor.number(wide)
        method = cursor.number(2) & 15 if version else 0
        cursor.number(2)
        start = cursor.number(base) + origins[method == 1]
        spans: list[Span] = []
        for _ in range(cursor.number(2)):
            cursor.number(index if version else 0)
            begin = start + cursor.number(offset)
            size = cursor.number(length)
            spans.append((begin, begin + size))
            if cursor.at > to:
                raise malformed("the list of the picture's items is cut short")
        if number in wanted:
            if method > 1 or any(begin == end for begin, end in spans):
                raise malformed("an item of the picture lies where nothing can be blanked")
            found[number] = spans
    return found
