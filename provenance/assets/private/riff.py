"""WebP (RFC 9649) and WAV: the EXIF and XMP chunks, and the ID3 and iXML that recorders write."""

from provenance.assets.private import canvas as words
from provenance.assets.private import xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.exif import blank_exif
from provenance.assets.private.inside import blank_inside
from provenance.assets.structure.riff import chunks

_XML = (b"XMP ", b"_PMX", b"iXML")
_INSIDE = (b"id3 ", b"ID3 ", b"LIST")


def blank(canvas: Canvas) -> None:
    """Raises RejectedAsset `truncated_file` or `malformed_media` where the chunks cannot be walked."""
    end = 12
    for kind, at, length in chunks(canvas.walk()):
        end = at + length
        if kind == b"EXIF":
            blank_exif(canvas, at, end)
        elif kind in _XML:
            xmp.blank(canvas, at, end)
        elif kind in _INSIDE:
            blank_inside(canvas, at, end)
    canvas.blank(end + (end & 1), len(canvas.data), words.TRAILER)
