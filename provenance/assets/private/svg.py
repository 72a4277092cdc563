"""SVG: private properties inside `metadata`, and the pictures that lie in it as base64."""

import base64
import binascii
import re

from provenance.assets.private import jpeg_file, png, riff, xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.structure.walker import malformed

_PICTURE = re.compile(rb"data:image/(jpeg|jpg|png|webp)\s*;\s*base64\s*,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_SPACE = re.compile(rb"\s+")
_BLANKS = {b"jpeg": jpeg_file.blank, b"jpg": jpeg_file.blank, b"png": png.blank, b"webp": riff.blank}


def blank(canvas: Canvas) -> None:
    """Raises RejectedAsset `malformed_media` where the document, or a picture in it, cannot be read."""
    try:
        xmp.blank_inside(canvas, 0, len(canvas.data), "metadata")
    except ValueError as error:
        raise malformed("the SVG is not XML that can be read") from error
    pictures = [(found.group(1).lower(), *found.span(2)) for found in _PICTURE.finditer(canvas.data)]
    for kind, start, end in pictures:
        _picture(canvas, kind, start, end)


def _picture(canvas: Canvas, kind: bytes, start: int, end: int) -> None:
    """The same length in, the same length out, so base64 keeps its length; line breaks stay in place."""
    written = bytes(canvas.data[start:end])
    packed = _SPACE.sub(b"", written)
    try:
        content = base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise malformed("a picture in the SVG is not base64") from error
    inner = Canvas(bytearray(content), canvas.limits)
    _BLANKS[kind](inner)
    if not inner.removed:
        return
    again = iter(base64.b64encode(inner.data))
    canvas.write(start, bytes(byte if byte in b" \t\r\n\f\v" else next(again) for byte in written))
    for what in inner.removed:
        canvas.note(what)
