"""Metadata that holds whole pictures and packets: covers in ID3 tags, FLAC blocks and MP4 lists, and PDF."""

import re

from provenance.assets.private import jpeg, xmp
from provenance.assets.private.canvas import Canvas
from provenance.errors import RejectedAsset

_PICTURE = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
# In a document compressed data lies everywhere: a picture is one only where a stream begins.
_STREAM = re.compile(rb"stream\r?\n(?=\xff\xd8\xff)")


def blank_inside(canvas: Canvas, start: int, end: int) -> None:
    """Blank the open XMP packets and the JPEG pictures between `start` and `end`, none of it content."""
    xmp.scan(canvas, start, end)
    _pictures(canvas, _PICTURE, start, end)


def blank_pdf(canvas: Canvas) -> None:
    """Blank the open XMP packets and the JPEG streams of a PDF; what is compressed or encrypted stays."""
    xmp.scan(canvas, 0, len(canvas.data))
    _pictures(canvas, _STREAM, 0, len(canvas.data))


def _pictures(canvas: Canvas, pattern: re.Pattern[bytes], start: int, end: int) -> None:
    places = []
    for found in pattern.finditer(canvas.data, start, end):
        places.append(found.start() if pattern is _PICTURE else found.end())
        if len(places) > canvas.limits.max_frames:
            break
    for place in places:
        # A thumbnail inside a picture that was gone through is passed by.
        if place < start:
            continue
        try:
            start = jpeg.blank_picture(canvas, place, end)
        except RejectedAsset:
            continue
