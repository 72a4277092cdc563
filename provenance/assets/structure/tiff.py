"""TIFF 6.0 and BigTIFF: directories of entries; strips and tiles must lie inside the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.assets.structure.walker import Walk, malformed, truncated

_WIDTH, _HEIGHT = 256, 257
_OFFSETS = {273: 279, 324: 325}  # strip and tile offsets → their byte counts
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_CHECKED_PIECES = 100_000


@dataclass(frozen=True, slots=True)
class _Layout:
    """Byte order and the widths that differ between classic and big files."""

    order: str
    count: int
    entry: int
    offset: int


def check(walk: Walk) -> None:
    """Raises RejectedAsset: `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media`."""
    order = "little" if walk.take(0, 2) == b"II" else "big"
    big = walk.number(2, 2, order) == 43
    layout = _Layout(order, 8, 20, 8) if big else _Layout(order, 2, 12, 4)
    at = walk.number(8 if big else 4, layout.offset, order)
    seen: set[int] = set()
    while at:
        if at in seen:
            raise malformed("the TIFF's directories run in a circle")
        seen.add(at)
        walk.frames(len(seen))
        entries = walk.number(at, layout.count, order)
        walk.boxes(entries)
        tags = dict(_entries(walk, layout, at + layout.count, entries))
        _check_directory(walk, layout, tags)
        at = walk.number(at + layout.count + entries * layout.entry, layout.offset, order)
    if not seen:
        raise malformed("the TIFF has no directory")


def _entries(walk: Walk, layout: _Layout, at: int, count: int) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """(tag, (bytes per value, number of values, where they lie)) for each entry of integers."""
    for index in range(count):
        entry = at + index * layout.entry
        tag, kind = walk.number(entry, 2, layout.order), walk.number(entry + 2, 2, layout.order)
        values = walk.number(entry + 4, layout.offset, layout.order)
        width = TYPE_BYTES.get(kind, 1)
        inline = entry + 4 + layout.offset
        fits = width * values <= layout.offset
        yield tag, (width, values, inline if fits else walk.number(inline, layout.offset, layout.order))


def _values(walk: Walk, layout: _Layout, entry: tuple[int, int, int]) -> list[int]:
    width, values, start = entry
    if values > _CHECKED_PIECES:
        raise malformed("the TIFF is cut into more pieces than any honest file")
    if start + width * values > walk.size:
        raise truncated()
    return [walk.number(start + index * width, width, layout.order) for index in range(values)]


def _check_directory(walk: Walk, layout: _Layout, tags: dict[int, tuple[int, int, int]]) -> None:
    if _WIDTH in tags and _HEIGHT in tags:
        sides = [_values(walk, layout, tags[tag])[:1] for tag in (_WIDTH, _HEIGHT)]
        if not all(sides):
            raise malformed("the TIFF does not say its size")
        walk.pixels(sides[0][0], sides[1][0])
    for offsets, counts in _OFFSETS.items():
        if offsets not in tags or counts not in tags:
            continue
        starts, lengths = _values(walk, layout, tags[offsets]), _values(walk, layout, tags[counts])
        if any(start + length > walk.size for start, length in zip(starts, lengths, strict=False)):
            raise truncated()
