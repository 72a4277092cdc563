"""Photoshop image resources ("8BIM") and the IPTC-IIM records (IIM 4.2) inside them: where it was, previews.

By-lines, credits and captions stay.
"""

from provenance.assets.private import canvas as words
from provenance.assets.private import xmp
from provenance.assets.private.canvas import Canvas

_SIGNATURE = b"8BIM"
_IPTC, _XMP = 0x0404, 0x0424
_WHOLLY = {
    0x0409: words.PREVIEW,
    0x040C: words.PREVIEW,
    0x0422: words.UNKNOWN_EXIF,
    0x0423: words.UNKNOWN_EXIF,
}
# Record 2: content location code and name, city, sublocation, province, country code and name.
_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})


def blank_resources(canvas: Canvas, start: int, end: int) -> None:
    """Blank the private image resources between `start` and `end`; what cannot be walked is zeroed."""
    at = start
    while at + 12 <= end and bytes(canvas.data[at : at + 4]) == _SIGNATURE:
        kind = int.from_bytes(canvas.data[at + 4 : at + 6], "big")
        # A Pascal string, padded to even, then the length of the content.
        content = at + 6 + (canvas.data[at + 6] + 2 & ~1) + 4
        size = int.from_bytes(canvas.data[content - 4 : content], "big")
        if content + size > end:
            break
        if kind == _IPTC:
            blank_records(canvas, content, content + size)
        elif kind == _XMP:
            xmp.blank(canvas, content, content + size)
        elif kind in _WHOLLY:
            canvas.blank(content, content + size, _WHOLLY[kind])
        at = content + size + (size & 1)
    canvas.blank(at, end, words.VENDOR)


def blank_records(canvas: Canvas, start: int, end: int) -> None:
    """Fill the places named in the IIM records with spaces; what cannot be walked is zeroed."""
    at = start
    while at + 5 <= end and canvas.data[at] == 0x1C:
        record, dataset = canvas.data[at + 1], canvas.data[at + 2]
        size, content = int.from_bytes(canvas.data[at + 3 : at + 5], "big"), at + 5
        if size & 0x8000:
            wide = size & 0x7FFF
            size, content = int.from_bytes(canvas.data[content : content + wide], "big"), content + wide
        if content + size > end:
            break
        if record == 2 and dataset in _PLACES:
            canvas.blank(content, content + size, words.PLACE, b" ")
        at = content + size
    canvas.blank(at, end, words.VENDOR)
