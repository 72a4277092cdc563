"""PNG and APNG (W3C PNG, third edition, sections 5 and 11): chunks from IHDR to IEND."""

from provenance.assets.structure.walker import Walk, malformed

_SIGNATURE_BYTES = 8


def check(walk: Walk) -> None:
    """Raises RejectedAsset: `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media`."""
    if walk.take(_SIGNATURE_BYTES + 4, 4) != b"IHDR":
        raise malformed("the PNG does not begin with its header")
    walk.pixels(walk.number(16, 4), walk.number(20, 4))
    at, pieces, frames = _SIGNATURE_BYTES, 0, 0
    while True:
        pieces += 1
        walk.boxes(pieces)
        length, kind = walk.number(at, 4), walk.take(at + 4, 4)
        if length > 0x7FFFFFFF:
            raise malformed("a PNG chunk has an impossible length")
        if kind == b"acTL":
            walk.frames(walk.number(at + 8, 4))
        elif kind == b"fcTL":
            frames += 1
            walk.frames(frames)
            walk.pixels(walk.number(at + 12, 4), walk.number(at + 16, 4))
        walk.take(at + 8 + length, 4)
        if kind == b"IEND":
            return
        at += 12 + length
