"""TIFF and DNG files: private entries leave their directories and their values are zeroed.

Unlike in an EXIF block everything else stays, because pixels may hang on a tag that only the maker knows.
Bytes that something else in the file also uses are never zeroed.
"""

from collections.abc import Iterator

from provenance.assets.private import iptc, tags, xmp
from provenance.assets.private.canvas import Canvas
from provenance.assets.private.exif import Span, private_spans
from provenance.assets.private.ifd import Block, Directory, Entry, Unwalkable
from provenance.assets.structure.walker import malformed

_FOLLOWED = (tags.EXIF_IFD, tags.INTEROP_IFD, tags.SUB_IFDS)
_PIECES = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
"""Offsets and lengths of strips, tiles, and a JPEG picture."""


def blank(canvas: Canvas) -> None:
    """Raises RejectedAsset `malformed_media` where the directories contradict themselves."""
    try:
        _blank(Block.of(canvas, 0, len(canvas.data)))
    except Unwalkable as error:
        raise malformed("the TIFF's directories contradict themselves") from error


def _blank(block: Block) -> None:
    found = list(_directories(block))
    kept = {d.at: [e for e in d.entries if e.tag not in tags.PRIVATE] for d in found}
    removed = [entry for d in found for entry in d.entries if entry.tag in tags.PRIVATE]
    used = [(block.start, block.start + block.header), *(block.table(d) for d in found)]
    for directory in found:
        used += [(e.start, e.end) for e in kept[directory.at] if e.inside and not block.inline(e)]
        used += _pieces(block, directory)
    # Pages may share a value.
    used = sorted(set(used))
    for start, end in private_spans(block, removed):
        _blank_unused(block.canvas, start, end, used)
    for entry in removed:
        block.canvas.note(tags.word(entry.tag))
    for directory in found:
        _blank_packets(block, kept[directory.at], used)
        if len(kept[directory.at]) < len(directory.entries):
            block.shorten(directory, kept[directory.at], directory.next)


def _directories(block: Block) -> Iterator[Directory]:
    waiting = [(block.first(), 0)]
    seen: set[int] = set()
    while waiting:
        at, inside = waiting.pop()
        if not at:
            continue
        if at in seen or len(seen) >= block.canvas.limits.max_frames:
            raise Unwalkable
        seen.add(at)
        directory = block.directory(at, inside)
        yield directory
        waiting.append((directory.next, inside))
        for entry in directory.entries:
            if entry.tag in _FOLLOWED and entry.inside:
                waiting += [(block.start + offset, entry.tag) for offset in block.values(entry)]


def _pieces(block: Block, directory: Directory) -> list[Span]:
    known = {entry.tag: entry for entry in directory.entries}
    spans: list[Span] = []
    for offsets, lengths in _PIECES:
        if offsets in known and lengths in known:
            pairs = zip(block.values(known[offsets]), block.values(known[lengths]), strict=False)
            spans += [(start, start + length) for start, length in pairs]
    return spans


def _blank_unused(canvas: Canvas, start: int, end: int, used: list[Span]) -> None:
    for at, to in used:
        if at < end and start < to:
            canvas.blank(start, min(at, end))
            start = max(start, to)
    canvas.blank(start, end)


def _blank_packets(block: Block, entries: list[Entry], used: list[Span]) -> None:
    for entry in entries:
        if not entry.inside or block.inline(entry):
            continue
        if entry.tag not in {tags.XMP, tags.IPTC, tags.PHOTOSHOP}:
            continue
        if sum(entry.start < end and start < entry.end for start, end in used) > 1:
            raise Unwalkable
        if entry.tag == tags.XMP:
            xmp.blank(block.canvas, entry.start, entry.end)
        elif entry.tag == tags.IPTC:
            iptc.blank_records(block.canvas, entry.start, entry.end)
        else:
            iptc.blank_resources(block.canvas, entry.start, entry.end)
