"""Image file directories (TIFF 6.0 section 2, BigTIFF): each offset is checked, and they can shrink."""

from dataclasses import dataclass

from provenance.assets.private.canvas import Canvas
from provenance.assets.structure.tiff import TYPE_BYTES

_MOST_ENTRIES = 4096


class Unwalkable(Exception):
    """The directories contradict themselves; the caller blanks the whole block or refuses the file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: where it stands, and where its value lies (inside the entry where it fits).

    `unit` is the bytes of one value, 0 where the type is unknown; `inside` says that all of the value lies in
    the block.
    """

    tag: int
    at: int
    unit: int
    start: int
    end: int
    inside: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: `at` is its count, `inside` 0 or the tag that pointed to it, `next` the one after it."""

    at: int
    inside: int
    entries: tuple[Entry, ...]
    next: int


@dataclass(frozen=True, slots=True)
class Block:
    """A TIFF structure between `start` and `end` of the canvas; its offsets count from `start`."""

    canvas: Canvas
    start: int
    end: int
    order: str
    count: int = 2
    entry: int = 12
    offset: int = 4

    @classmethod
    def of(cls, canvas: Canvas, start: int, end: int) -> "Block":
        """The block whose header lies at `start`. Raises Unwalkable where that is no TIFF header."""
        head = bytes(canvas.data[start : min(start + 4, end)])
        if head in (b"II*\0", b"MM\0*"):
            return cls(canvas, start, end, "little" if head[:1] == b"I" else "big")
        if head in (b"II+\0", b"MM\0+"):
            return cls(canvas, start, end, "little" if head[:1] == b"I" else "big", 8, 20, 8)
        raise Unwalkable

    def number(self, at: int, length: int) -> int:
        """An unsigned integer in the block's byte order. Raises Unwalkable outside the block."""
        if at < self.start or at + length > self.end:
            raise Unwalkable
        raw = bytes(self.canvas.data[at : at + length])
        return int.from_bytes(raw, "little" if self.order == "little" else "big")

    def raw(self, value: int, length: int) -> bytes:
        """`value` as the block writes it."""
        return value.to_bytes(length, "little" if self.order == "little" else "big")

    @property
    def header(self) -> int:
        """The length of the header, first offset included."""
        return 16 if self.offset == 8 else 8

    def first(self) -> int:
        """Where the first directory lies, absolute; 0 for none."""
        offset = self.number(self.start + self.header - self.offset, self.offset)
        return self.start + offset if offset else 0

    def directory(self, at: int, inside: int) -> Directory:
        """The directory at `at`. Raises Unwalkable."""
        count = self.number(at, self.count)
        if count > _MOST_ENTRIES:
            raise Unwalkable
        first = at + self.count
        entries = tuple(self._entry(first + index * self.entry) for index in range(count))
        following = self.number(first + count * self.entry, self.offset)
        return Directory(at, inside, entries, self.start + following if following else 0)

    def values(self, entry: Entry) -> list[int]:
        """The entry's integers. Raises Unwalkable where they lie outside or are too many."""
        if not entry.inside or not entry.unit or entry.end - entry.start > entry.unit * 1_000_000:
            raise Unwalkable
        found = [self.number(at, entry.unit) for at in range(entry.start, entry.end, entry.unit)]
        if not found:
            raise Unwalkable
        return found

    def inline(self, entry: Entry) -> bool:
        """Whether the value lies inside the entry itself."""
        return entry.start == entry.at + 4 + self.offset

    def table(self, directory: Directory) -> tuple[int, int]:
        """From where to where the directory itself reaches."""
        size = self.count + len(directory.entries) * self.entry + self.offset
        return directory.at, directory.at + size

    def shorten(self, directory: Directory, kept: list[Entry], following: int) -> None:
        """Write the directory back with the `kept` entries only; the freed slots are zeroed."""
        content = self.raw(len(kept), self.count)
        content += b"".join(bytes(self.canvas.data[entry.at : entry.at + self.entry]) for entry in kept)
        content += self.raw(following - self.start if following else 0, self.offset)
        start, end = self.table(directory)
        self.canvas.write(start, content + bytes(end - start - len(content)))

    def _entry(self, at: int) -> Entry:
        tag, kind = self.number(at, 2), self.number(at + 2, 2)
        unit = TYPE_BYTES.get(kind, 0)
        size = unit * self.number(at + 4, self.offset)
        start = at + 4 + self.offset
        if size > self.offset:
            start = self.start + self.number(start, self.offset)
        inside = self.start <= start and start + size <= self.end and unit > 0
        return Entry(tag, at, unit, start, start + size, inside)
