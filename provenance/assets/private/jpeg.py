"""JPEG: of the APPn segments only what is needed or known to be harmless stays, the rest is zeroed."""

from provenance.assets.private import canvas as words
from provenance.assets.private import iptc, xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.exif import blank_exif
from provenance.assets.structure.jpeg import FRAMES, segments
from provenance.assets.structure.walker import malformed

START = b"\xff\xd8\xff"

_APP0, _APP1, _APP2, _APP11, _APP12, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xEB, 0xEC, 0xED, 0xEE
_EXIF = b"Exif\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_JFIF = b"JFIF\0"
_STAY = {
    # Profiles, the list of further pictures, ISO 21496-1 gain maps.
    _APP2: (b"ICC_PROFILE\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1\0"),
    # JUMBF, C2PA manifests among it, and JPEG XT: never touched.
    _APP11: (b"",),
    _APP12: (b"Ducky",),
    _APP14: (b"Adobe",),
}


def blank_picture(canvas: Canvas, start: int, end: int) -> int:
    """Blank the one picture that begins at `start`, and return where it ends.

    Raises RejectedAsset `truncated_file` or `malformed_media` where its segments cannot be walked.
    """
    found = list(segments(canvas.walk(start, end)))
    if all(code not in FRAMES for code, _, _ in found):
        raise malformed("the JPEG holds no picture")
    for code, at, to in found:
        if _APP0 <= code <= _APP0 + 15:
            _segment(canvas, code, at, to)
    return found[-1][2]


def _segment(canvas: Canvas, code: int, at: int, to: int) -> None:
    head = bytes(canvas.data[at : min(at + 40, to)])
    if code == _APP0 and head.startswith(_JFIF):
        # Two bytes of width and height, then a thumbnail of so many pixels (JFIF 1.02).
        if to - at > 14 and canvas.blank(at + 12, to):
            canvas.note(words.PREVIEW)
    elif code == _APP1 and head.startswith(_EXIF):
        blank_exif(canvas, at + len(_EXIF) + 1, to)
    elif code == _APP1 and head.startswith(xmp.HEADER):
        xmp.blank(canvas, at, to)
    elif code == _APP1 and head.startswith(_EXTENDED):
        canvas.blank(at, to, words.EXTENDED_XMP)
    elif code == _APP13 and head.startswith(_PHOTOSHOP):
        iptc.blank_resources(canvas, at + len(_PHOTOSHOP), to)
    elif not head.startswith(_STAY.get(code, ())):
        canvas.blank(at, to, words.PREVIEW if head.startswith(b"JFXX\0") else words.VENDOR)
