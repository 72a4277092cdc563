"""A JPEG file: the picture, and what phones hang behind its end.

That may be further pictures (gain maps, depth) and short films, which are gone through in turn; anything else
there is zeroed.
"""

import re

from provenance.assets.private import bmff, jpeg
from provenance.assets.private import canvas as words
from provenance.assets.private.canvas import Canvas
from provenance.errors import RejectedAsset

_BEHIND = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\0[\s\S]{3}ftyp")
_MOST_BEHIND = 64


def blank(canvas: Canvas) -> None:
    """Raises RejectedAsset `truncated_file` or `malformed_media` where the segments cannot be walked."""
    end = jpeg.blank_picture(canvas, 0, len(canvas.data))
    for _ in range(_MOST_BEHIND):
        found = _BEHIND.search(canvas.data, end)
        if found is None:
            break
        start, is_picture = found.start(), found.group().startswith(jpeg.START)
        del found
        after = _inner(canvas, start) if is_picture else _film(canvas, start)
        canvas.blank(end, start, words.TRAILER)
        end = after
    canvas.blank(end, len(canvas.data), words.TRAILER)


def _inner(canvas: Canvas, start: int) -> int:
    try:
        return jpeg.blank_picture(canvas, start, len(canvas.data))
    except RejectedAsset:
        canvas.blank(start, start + len(jpeg.START), words.TRAILER)
        return start


def _film(canvas: Canvas, start: int) -> int:
    try:
        bmff.blank_media(canvas, start, len(canvas.data))
    except RejectedAsset:
        canvas.blank(start, start + 8, words.TRAILER)
        return start
    return len(canvas.data)
