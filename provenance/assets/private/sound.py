"""MP3 and FLAC: covers and XMP in ID3v2 tags (id3.org) and in FLAC's metadata blocks (RFC 9639).

Titles, performers and comments are there to be read and stay. ID3's GEOB frame, where a C2PA manifest lies,
is never touched.
"""

from provenance.assets.private import canvas as words
from provenance.assets.private import xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.inside import blank_inside
from provenance.assets.sniff import tag_bytes

_FRAMES = frozenset({b"APIC", b"PRIV", b"PIC"})
_MAGIC = b"fLaC"
_APPLICATION, _COMMENTS, _PICTURE = 2, 4, 6
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40


def blank(canvas: Canvas) -> None:
    """Blank what is private; tags that cannot be walked are left where they become unclear."""
    tag = tag_bytes(bytes(canvas.data[:10]))
    if tag:
        _tag(canvas, min(tag, len(canvas.data)))
    if bytes(canvas.data[tag : tag + 4]) == _MAGIC:
        _blocks(canvas, tag + 4)


def _tag(canvas: Canvas, end: int) -> None:
    data = canvas.data
    version, flags = data[3], data[5]
    if flags & (_UNSYNCHRONISED | _EXTENDED):
        if data.find(b"c2pa", 10, end) < 0:
            blank_inside(canvas, 10, end)
        return
    name, size, header = (3, 3, 6) if version == 2 else (4, 4, 10)
    at = 10
    while at + header <= end and data[at]:
        raw = bytes(data[at + name : at + name + size])
        length = _syncsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        if bytes(data[at : at + name]) in _FRAMES:
            blank_inside(canvas, at + header, min(at + header + length, end))
        at += header + length


def _syncsafe(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def _blocks(canvas: Canvas, at: int) -> None:
    last = False
    while not last and at + 4 <= len(canvas.data):
        kind, last = canvas.data[at] & 0x7F, canvas.data[at] >= 0x80
        start = at + 4
        at = min(start + int.from_bytes(canvas.data[at + 1 : start], "big"), len(canvas.data))
        if kind in (_APPLICATION, _PICTURE):
            blank_inside(canvas, start, at)
        elif kind == _COMMENTS:
            _comments(canvas, start, at)


def _comments(canvas: Canvas, start: int, end: int) -> None:
    """Vorbis comments: a vendor's string, a count, then NAME=value, each after its length."""
    data = canvas.data
    at = start + 4 + int.from_bytes(data[start : start + 4], "little") + 4
    while at + 4 <= end:
        length = int.from_bytes(data[at : at + 4], "little")
        at, to = at + 4, min(at + 4 + length, end)
        name, equals, _ = bytes(data[at : min(at + 64, to)]).partition(b"=")
        what = words.PLACE if name.upper() == b"LOCATION" else xmp.name_of("", name.decode("latin-1"))
        if equals and what:
            canvas.blank(at + len(name) + 1, to, what, b" ")
        at = to
