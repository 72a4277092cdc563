"""GIF: the XMP packet of its application extension (XMP part 3, section 1.1.2).

The packet lies open, its bytes doing duty as block lengths up to a long run-out; spaces keep that trick
working.
"""

from provenance.assets.private import xmp
from provenance.assets.private.canvas import Canvas

_MARK = b"XMP DataXMP"


def blank(canvas: Canvas) -> None:
    """Blank every packet behind its mark; the packet ends before the run-out of 0x01, 0xFF, 0xFE …"""
    at = 0
    while (at := canvas.data.find(_MARK, at)) >= 0:
        at += len(_MARK)
        end = canvas.data.find(b"\x01\xff\xfe\xfd", at)
        if end < 0:
            return
        xmp.blank(canvas, at, end)
        at = end
