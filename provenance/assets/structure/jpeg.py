"""JPEG (ITU-T T.81 annex B): segments from SOI, frame size in SOFn, entropy-coded data up to EOI.

Bytes after EOI are left alone here: the hard binding of a signed file covers them, and inspection says so.
"""

import re
from collections.abc import Iterator

from provenance.assets.structure.walker import Walk, malformed, truncated

EOI = 0xD9
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS = 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})

# In entropy-coded data FF 00 is a stuffed byte, FF D0–D7 a restart, FF FF fill.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def check(walk: Walk) -> None:
    """Raises RejectedAsset: `too_many_pixels`, `truncated_file`, `malformed_media`."""
    framed = False
    for code, at, _ in segments(walk):
        if code in FRAMES:
            framed = True
            walk.pixels(walk.number(at + 3, 2), walk.number(at + 1, 2))
    if not framed:
        raise malformed("the JPEG holds no picture")


def segments(walk: Walk) -> Iterator[tuple[int, int, int]]:
    """(marker, start of content, end) of each segment with a length; EOI, empty, is the last.

    Raises RejectedAsset: `truncated_file`, `malformed_media`.
    """
    at, pieces = walk.start + 2, 0
    while True:
        pieces += 1
        walk.boxes(pieces)
        marker = walk.number(at, 2)
        if marker == 0xFFFF:
            at += 1
            continue
        if marker >> 8 != 0xFF:
            raise malformed("a JPEG marker is missing")
        code = marker & 0xFF
        if code == EOI:
            yield code, at + 2, at + 2
            return
        if code in _ALONE:
            at += 2
            continue
        length = walk.number(at + 2, 2)
        if length < 2:
            raise malformed("a JPEG segment has an impossible length")
        yield code, at + 4, at + 2 + length
        at += 2 + length
        if code == _SOS:
            found = _NEXT_MARKER.search(walk.data, at, walk.size)
            if found is None:
                raise truncated()
            at = found.start()
