"""PNG: eXIf, XMP in iTXt, and the profiles that ImageMagick and others write as text. CRCs are made anew."""

import re
import zlib

from provenance.assets.private import canvas as words
from provenance.assets.private import xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.exif import blank_exif
from provenance.assets.structure.png import chunks

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_PLAIN = _XMP_KEYWORD + bytes(5)
_COMMENT = b"Comment\0"
_PROFILE = re.compile(rb"\ARaw profile type (\w+)", re.IGNORECASE)
_PROFILES = {
    b"exif": words.UNKNOWN_EXIF,
    b"app1": words.UNKNOWN_EXIF,
    b"xmp": words.UNREADABLE_XMP,
    b"iptc": words.PLACE,
    b"8bim": words.PLACE,
}


def blank(canvas: Canvas) -> None:
    """Raises RejectedAsset `truncated_file` or `malformed_media` where the chunks cannot be walked."""
    found = list(chunks(canvas.walk()))
    for kind, at, to in found:
        known = len(canvas.removed)
        before = zlib.crc32(canvas.data[at - 4 : to]) if kind in _HANDLERS else 0
        if kind in _HANDLERS:
            _HANDLERS[kind](canvas, at, to)
            after = zlib.crc32(canvas.data[at - 4 : to])
            if after != before or len(canvas.removed) > known:
                canvas.write(to, after.to_bytes(4, "big"))
    canvas.blank(found[-1][2] + 4, len(canvas.data), words.TRAILER)


def _international(canvas: Canvas, at: int, to: int) -> None:
    keyword, _, rest = bytes(canvas.data[at:to]).partition(b"\0")
    if keyword != _XMP_KEYWORD:
        _text(canvas, at, to)
    elif rest[:1] == b"\1":
        _compressed(canvas, at, to, rest)
    else:
        # Flag, method, language, translated keyword; the last two end in a zero.
        language, _, _ = rest[2:].partition(b"\0")
        translated, _, _ = rest[2 + len(language) + 1 :].partition(b"\0")
        xmp.blank(canvas, at + len(keyword) + 1 + 2 + len(language) + 1 + len(translated) + 1, to)


def _compressed(canvas: Canvas, at: int, to: int, rest: bytes) -> None:
    """Compressed XMP cannot be blanked in place: it stays whole, or goes whole where any of it is private."""
    packed = rest[2:].split(b"\0", 2)[-1]
    unpacking = zlib.decompressobj()
    try:
        packet = Canvas(bytearray(unpacking.decompress(packed, _MOST_UNPACKED)))
        whole = not unpacking.unconsumed_tail and unpacking.eof
    except zlib.error:
        packet, whole = Canvas(bytearray()), False
    xmp.blank(packet, 0, len(packet.data))
    if packet.removed or not whole:
        for what in packet.removed or [words.UNREADABLE_XMP]:
            canvas.note(what)
        canvas.write(at, _PLAIN + b" " * (to - at - len(_PLAIN)))


def _text(canvas: Canvas, at: int, to: int) -> None:
    keyword = bytes(canvas.data[at:to]).partition(b"\0")[0]
    profile = _PROFILE.match(keyword)
    name = keyword.decode("latin-1").rpartition(":")
    what = _PROFILES.get(profile.group(1).lower(), "") if profile else xmp.name_of("", name[2])
    if keyword == _XMP_KEYWORD:
        what = words.UNREADABLE_XMP
    if what:
        # A comment of nothing but spaces is valid wherever text may stand.
        canvas.note(what)
        canvas.write(at - 4, b"tEXt" + (_COMMENT + b" " * (to - at))[: to - at])


_MOST_UNPACKED = 4 << 20
_HANDLERS = {b"eXIf": blank_exif, b"iTXt": _international, b"tEXt": _text, b"zTXt": _text}
