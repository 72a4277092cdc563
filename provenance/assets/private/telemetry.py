"""Tracks that record where the camera was, sample by sample: GoPro, Google, Apple, DJI, Sony."""

from provenance.assets.private.canvas import Canvas
from provenance.assets.structure.bmff import boxes
from provenance.assets.structure.walker import Walk, malformed

_FORMATS = frozenset({b"gpmd", b"camm", b"mebx", b"djmd", b"dbgi", b"rtmd", b"CTMD"})
_PATH = (b"mdia", b"minf", b"stbl")


def blank_track(canvas: Canvas, at: int, to: int, origin: int) -> bool:
    """Zero every sample of the track that lies from `at` to `to`, if it is telemetry; whether it was.

    Offsets count from `origin`. Raises RejectedAsset `malformed_media` or `truncated_file` where its samples
    cannot be found.
    """
    walk = canvas.walk(0, to)
    for wanted in _PATH:
        inner = next(((a, b) for kind, a, b in boxes(walk, at, to) if kind == wanted), None)
        if inner is None:
            return False
        at, to = inner
    tables = {kind: start for kind, start, _ in boxes(walk, at, to)}
    if b"stsd" not in tables or walk.take(tables[b"stsd"] + 12, 4) not in _FORMATS:
        return False
    for start, end in _chunks(canvas.walk(), tables, origin):
        canvas.blank(start, end)
    return True


def _chunks(walk: Walk, tables: dict[bytes, int], origin: int) -> list[tuple[int, int]]:
    """From where to where each chunk of the track reaches (sections 8.7.3 to 8.7.5)."""
    if b"stsz" not in tables or b"stsc" not in tables or not tables.keys() & {b"stco", b"co64"}:
        raise malformed("a track does not say where its samples lie")
    wide = 8 if b"co64" in tables else 4
    offsets = _numbers(walk, tables.get(b"co64") or tables[b"stco"], 4, wide, 1)
    runs = _numbers(walk, tables[b"stsc"], 4, 4, 3)
    fixed = walk.number(tables[b"stsz"] + 4, 4)
    sizes = [] if fixed else _numbers(walk, tables[b"stsz"], 8, 4, 1)
    found: list[tuple[int, int]] = []
    sample = run = per_chunk = 0
    for number, offset in enumerate(offsets, start=1):
        while run < len(runs) // 3 and runs[run * 3] <= number:
            per_chunk, run = runs[run * 3 + 1], run + 1
        size = fixed * per_chunk if fixed else sum(sizes[sample : sample + per_chunk])
        sample += per_chunk
        found.append((origin + offset, origin + offset + size))
    return found


def _numbers(walk: Walk, table: int, count_at: int, wide: int, columns: int) -> list[int]:
    count = walk.number(table + count_at, 4) * columns
    walk.boxes(count)
    raw = walk.take(table + count_at + 4, count * wide)
    return [int.from_bytes(raw[at : at + wide], "big") for at in range(0, len(raw), wide)]
