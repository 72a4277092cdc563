"""MP4, MOV, M4A, HEIC and AVIF (ISO/IEC 14496-12): positions in user data and key lists, telemetry tracks,
and the Exif and XMP items of pictures.

A box that goes is renamed `free` and zeroed, so every offset in the file still holds.
"""

from collections.abc import Iterator

from provenance.assets.private import canvas as words
from provenance.assets.private import items, telemetry, xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.inside import blank_inside
from provenance.assets.structure.bmff import boxes
from provenance.errors import RejectedAsset

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
# QuickTime's and 3GPP's own, then those of GoPro, DJI and makers of dashboard cameras.
_USER_DATA = {
    b"\xa9xyz": words.POSITION,
    b"loci": words.POSITION,
    b"gps ": words.POSITION,
    b"GPS ": words.POSITION,
    b"GPMF": words.VENDOR,
    b"CAME": words.CAMERA_SERIAL,
    b"MUID": words.UNIQUE_ID,
    b"GUMI": words.UNIQUE_ID,
    b"SNum": words.CAMERA_SERIAL,
    b"MMA6": words.VENDOR,
    b"\xa9cmt": words.COMMENT,
    b"apID": words.ACCOUNT,
    b"ownr": words.ACCOUNT,
}
_KEYS = (
    (b"location", words.POSITION),
    (b"gps", words.POSITION),
    (b"serial", words.CAMERA_SERIAL),
    (b"content.identifier", words.UNIQUE_ID),
    (b"owner", words.OWNER),
)
_NESTED = frozenset({b"moov", b"trak", b"udta", b"meta", b"mdia", b"minf"})
_FULL_BOX = 4
_MAX_DEPTH = 6


def blank(canvas: Canvas) -> None:
    """Raises RejectedAsset `truncated_file` or `malformed_media` where the boxes cannot be walked."""
    blank_media(canvas, 0, len(canvas.data))


def blank_media(canvas: Canvas, start: int, end: int) -> None:
    """Blank the recording or picture that lies between `start` and `end`. Raises as `blank` does."""
    walk = canvas.walk(start, end)
    for box in list(boxes(walk, start, end)):
        _box(canvas, box, start, 1)


def free(canvas: Canvas, at: int, to: int, what: str) -> None:
    """Make the box whose content lies from `at` to `to` a free one. A 64-bit length stays where it is."""
    wide = int.from_bytes(canvas.data[at - 16 : at - 12], "big") == 1 and at >= 16
    name = at - 12 if wide and int.from_bytes(canvas.data[at - 8 : at], "big") == to - at + 16 else at - 4
    canvas.write(name, b"free")
    canvas.blank(at, to)
    canvas.note(what)


def _box(canvas: Canvas, box: tuple[bytes, int, int], origin: int, depth: int) -> None:
    kind, at, to = box
    if kind == b"uuid" and bytes(canvas.data[at : at + 16]) == _XMP:
        xmp.blank(canvas, at + 16, to)
    elif depth > 1 and kind in _USER_DATA:
        free(canvas, at, to, _USER_DATA[kind])
    elif depth > 1 and kind == b"XMP_":
        xmp.blank(canvas, at, to)
    elif kind == b"trak" and telemetry.blank_track(canvas, at, to, origin):
        free(canvas, at, to, words.TELEMETRY)
    elif kind == b"meta":
        _meta(canvas, at, to, origin)
    elif kind in _NESTED and depth < _MAX_DEPTH:
        for inner in _children(canvas, at, to):
            _box(canvas, inner, origin, depth + 1)


def _children(canvas: Canvas, at: int, to: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes inside one. User data may end in four zeros; what else is no box is zeroed."""
    found: list[tuple[bytes, int, int]] = []
    end = at
    try:
        for kind, start, end in boxes(canvas.walk(0, to), at, to):
            found.append((kind, start, end))
    except RejectedAsset:
        canvas.blank(end, to, words.VENDOR)
    return iter(found)


def _meta(canvas: Canvas, at: int, to: int, origin: int) -> None:
    # QuickTime's own is a plain box, ISO's a full one.
    at += 0 if bytes(canvas.data[at + 4 : at + 8]) == b"hdlr" else _FULL_BOX
    inner = dict[bytes, tuple[int, int]]()
    for kind, start, end in _children(canvas, at, to):
        inner.setdefault(kind, (start, end))
    if b"iinf" in inner and b"iloc" in inner:
        items.blank(canvas, inner, origin)
    if b"ilst" in inner:
        names = _keys(canvas, *inner[b"keys"]) if b"keys" in inner else []
        for kind, start, end in _children(canvas, *inner[b"ilst"]):
            _list_item(canvas, kind, start, end, names)


def _keys(canvas: Canvas, at: int, to: int) -> list[bytes]:
    return [bytes(canvas.data[start:end]).lower() for _, start, end in _children(canvas, at + 8, to)]


def _list_item(canvas: Canvas, kind: bytes, at: int, to: int, names: list[bytes]) -> None:
    if kind in {b"----", b"\xa9cmt"}:
        # Free-form names and comments of music are credit.
        return
    number = int.from_bytes(kind, "big")
    name = names[number - 1] if 0 < number <= len(names) else b""
    what = _USER_DATA.get(kind) or next((word for part, word in _KEYS if part in name), "")
    if what:
        free(canvas, at, to, what)
    elif kind == b"covr" or name:
        blank_inside(canvas, at, to)
