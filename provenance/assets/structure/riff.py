"""RIFF: WebP (RFC 9649) and WAV (RF64: EBU Tech 3306). Chunks inside one RIFF whose size the header says."""

from provenance.assets.structure.walker import Walk, malformed, truncated

_UNKNOWN_SIZE = 0xFFFFFFFF


def check_webp(walk: Walk) -> None:
    """Raises RejectedAsset: `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media`."""
    frames = 0
    pictures = 0
    for kind, at, length in chunks(walk):
        if kind == b"VP8X":
            walk.pixels(walk.number(at + 4, 3, "little") + 1, walk.number(at + 7, 3, "little") + 1)
        elif kind == b"ANMF":
            frames += 1
            walk.frames(frames)
            walk.pixels(walk.number(at + 6, 3, "little") + 1, walk.number(at + 9, 3, "little") + 1)
            pictures += 1
        elif kind == b"VP8 " and length >= 10:
            walk.pixels(walk.number(at + 6, 2, "little") & 0x3FFF, walk.number(at + 8, 2, "little") & 0x3FFF)
            pictures += 1
        elif kind == b"VP8L" and length >= 5:
            bits = walk.number(at + 1, 4, "little")
            walk.pixels((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
            pictures += 1
    if not pictures:
        raise malformed("the WebP holds no picture")


def check_wav(walk: Walk) -> None:
    """Raises RejectedAsset: `truncated_file`, `malformed_media`."""
    kinds = {kind for kind, _, _ in chunks(walk)}
    if not {b"fmt ", b"data"} <= kinds:
        raise malformed("the WAV lacks its format or its sound")


def chunks(walk: Walk) -> list[tuple[bytes, int, int]]:
    """(FourCC, start of content, length) of each chunk. RF64 writes -1 where ds64 holds the true length."""
    claimed = walk.number(4, 4, "little")
    end = walk.size if claimed == _UNKNOWN_SIZE else 8 + claimed
    if end > walk.size:
        raise truncated()
    found: list[tuple[bytes, int, int]] = []
    at = 12
    while at + 8 <= end:
        walk.boxes(len(found))
        kind, length = walk.take(at, 4), walk.number(at + 4, 4, "little")
        if length == _UNKNOWN_SIZE:
            length = end - at - 8
        if at + 8 + length > end:
            raise truncated()
        found.append((kind, at + 8, length))
        at += 8 + length + (length & 1)
    return found
