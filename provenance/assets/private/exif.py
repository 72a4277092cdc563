"""EXIF blocks (EXIF 3.0 section 4.5): only what is known to be harmless stays, everything else is zeroed.

A block is TIFF directories with offsets into itself. Maker notes keep data outside their own value, so it
would not do to blank what is named private: whatever no remaining entry points to is zeroed. A block that
cannot be walked safely (loops, offsets outside, private values under harmless ones) loses everything but its
orientation.
"""

from contextlib import suppress
from itertools import pairwise

from provenance.assets.private import canvas as words
from provenance.assets.private import tags
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.ifd import Block, Directory, Entry, Unwalkable

_PREFIX = b"Exif\0\0"
_FOLLOWED = (tags.EXIF_IFD, tags.INTEROP_IFD)

Span = tuple[int, int]


def blank_exif(canvas: Canvas, start: int, end: int) -> None:
    """Blank the private part of the EXIF block between `start` and `end`; never raises.

    The block may begin with "Exif" and two zeros, as in a JPEG.
    """
    if bytes(canvas.data[start : start + len(_PREFIX)]) == _PREFIX:
        start += len(_PREFIX)
    if not any(canvas.data[start:end]):
        return
    orientation: list[int] = []
    try:
        _blank(Block.of(canvas, start, end), orientation)
    except Unwalkable:
        _reset(canvas, start, end, orientation)


def _blank(block: Block, orientation: list[int]) -> None:
    found = _directories(block, orientation)
    kept = {directory.at: [e for e in directory.entries if _stays(e, directory)] for directory in found}
    removed = [e for directory in found for e in directory.entries if e not in kept[directory.at]]
    values = [(e.start, e.end) for entries in kept.values() for e in entries if not block.inline(e)]
    tables = sorted([(block.start, block.start + block.header), *(block.table(d) for d in found)])
    if any(left[1] > right[0] for left, right in pairwise(tables)):
        raise Unwalkable
    _refuse_overlap(tables, values)
    _refuse_overlap(tables + values, private_spans(block, removed))
    names = {tags.word(entry.tag) for entry in removed} - {""}
    if found[0].next:
        names.add(words.PREVIEW)
    for directory in found:
        block.shorten(directory, kept[directory.at], 0)
    changed, at = False, block.start
    for start, end in [*sorted(tables + values), (block.end, block.end)]:
        changed |= block.canvas.blank(at, start)
        at = max(at, end)
    for name in sorted(names) or [words.UNKNOWN_EXIF] * changed:
        block.canvas.note(name)


def private_spans(block: Block, removed: list[Entry]) -> list[Span]:
    """Where the values of `removed` entries lie, those of a whole position directory included."""
    spans = [(entry.start, entry.end) for entry in removed if entry.inside and not block.inline(entry)]
    for entry in removed:
        if entry.tag == tags.GPS_IFD:
            with suppress(Unwalkable):
                position = block.directory(block.start + block.values(entry)[0], tags.GPS_IFD)
                spans.append(block.table(position))
                spans += [(e.start, e.end) for e in position.entries if e.inside and not block.inline(e)]
    return spans


def _stays(entry: Entry, directory: Directory) -> bool:
    return entry.inside and entry.tag not in tags.PRIVATE and tags.stays(entry.tag, directory.inside)


def _directories(block: Block, orientation: list[int]) -> list[Directory]:
    """The first directory and those it leads to, the thumbnail's and the position's left out."""
    first = block.first()
    if not first:
        raise Unwalkable
    found = [block.directory(first, 0)]
    for entry in found[0].entries:
        if entry.tag == tags.ORIENTATION and entry.unit == 2 and not orientation:
            orientation.extend(value for value in block.values(entry)[:1] if 1 <= value <= 8)
    for directory in found:
        for entry in directory.entries:
            if entry.tag in _FOLLOWED:
                target = block.start + block.values(entry)[0]
                if any(target == known.at for known in found):
                    raise Unwalkable
                found.append(block.directory(target, entry.tag))
    return found


def _refuse_overlap(spans: list[Span], others: list[Span]) -> None:
    for start, end in others:
        if any(start < to and at < end for at, to in spans):
            raise Unwalkable


def _reset(canvas: Canvas, start: int, end: int, orientation: list[int]) -> None:
    """Replace the whole block by a valid one that holds nothing but the orientation."""
    value = orientation[0] if orientation else 0
    entry = b"\x01\x12\0\x03\0\0\0\x01" + value.to_bytes(2, "big") + b"\0\0" if value else b""
    content = b"MM\0*\0\0\0\x08" + bool(value).to_bytes(2, "big") + entry + bytes(4)
    content = content if len(content) <= end - start else bytes(end - start)
    if canvas.write(start, content) | canvas.blank(start + len(content), end):
        canvas.note(words.UNREADABLE_EXIF)
