"""PNG and APNG (W3C PNG, third edition, sections 5 and 11): chunks from IHDR to IEND."""

from collections.abc import Iterator

from provenance.assets.structure.walker import Walk, malformed

_SIGNATURE_BYTES = 8


def check(walk: Walk) -> None:
    """Raises RejectedAsset: `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media`."""
    if walk.take(_SIGNATURE_BYTES + 4, 4) != b"IHDR":
        raise malformed("the PNG does not begin with its header")
    walk.pixels(walk.number(16, 4), walk.number(20, 4))
    frames = 0
    for kind, at, _ in chunks(walk):
        if kind == b"acTL":
            walk.frames(walk.number(at, 4))
        elif kind == b"fcTL":
            frames += 1
            walk.frames(frames)
            walk.pixels(walk.number(at + 4, 4), walk.number(at + 8, 4))


def chunks(walk: Walk) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of content, end, where the CRC follows) of each chunk; IEND is the last.

    Raises RejectedAsset: `truncated_file`, `malformed_media`.
    """
    at, pieces = walk.start + _SIGNATURE_BYTES, 0
    while True:
        pieces += 1
        walk.boxes(pieces)
        length, kind = walk.number(at, 4), walk.take(at + 4, 4)
        if length > 0x7FFFFFFF:
            raise malformed("a PNG chunk has an impossible length")
        walk.take(at + 8 + length, 4)
        yield kind, at + 8, at + 8 + length
        if kind == b"IEND":
            return
        at += 12 + length
