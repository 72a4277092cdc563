"""The little of JUMBF (ISO/IEC 19566-5) that finds a claim inside a C2PA manifest store.

    store      = superbox "c2pa", one superbox per manifest, the active one last     (C2PA 2.4 section 11.1)
    manifest   = superbox labelled "urn:c2pa:…": assertion store, claim, signature
    superbox   = u32 length, "jumb", description box, content boxes
    description= u32 length, "jumd", 16-byte UUID, u8 toggles, zero-terminated label if toggles & 2, …
    claim      = superbox "c2pa.claim" or "c2pa.claim.v2" holding one "cbor" box

Bounded: lengths are checked before use, nesting is at most eight deep, boxes are counted. Labels, kinds and
lengths of the outer boxes are not signed, so nothing here relies on them where the SDK does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.errors import ProvenanceError

STORE_MAGIC = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq"
"""The description box of a manifest store; it begins 8 + 4 bytes into the store."""

_MAX_DEPTH = 8
_MAX_BOXES = 100_000
_UUID_BYTES = 16
_HAS_LABEL = 0x02


class MalformedStore(ProvenanceError):
    """The bytes are not a well-formed manifest store."""

    code = "malformed_store"


@dataclass(frozen=True, slots=True)
class Superbox:
    """A labelled JUMBF box: its kind (first four bytes of the UUID), label, and content boxes as (type,
    bytes).

    `payload` is the whole box without its own length and type: what a hashed URI covers (C2PA 2.4 section
    8.3).
    """

    payload: memoryview
    kind: bytes
    label: str
    children: tuple["Superbox", ...]
    contents: tuple[tuple[bytes, bytes], ...]

    def content(self, kind: bytes) -> bytes | None:
        """The bytes of the first content box of this type, header excluded."""
        return next((data for name, data in self.contents if name == kind), None)


def parse(store: bytes) -> Superbox:
    """The manifest store in `store`, whole. Raises MalformedStore."""
    boxes = list(_boxes(store, 0, len(store), [0]))
    if len(boxes) != 1 or boxes[0][0] != b"jumb":
        raise MalformedStore("The manifest store is not one JUMBF superbox.")
    root = _superbox(store, boxes[0][1], boxes[0][2], 1, [0])
    if root.kind != b"c2pa":
        raise MalformedStore("The JUMBF superbox is not a manifest store.")
    return root


def manifests(store: Superbox) -> tuple[Superbox, ...]:
    """The manifests in their order; the last is the active one. Their kinds are not signed and not asked."""
    return store.children


def active_alone(store: bytes) -> bytes:
    """A store with nothing in it but the active manifest. Raises MalformedStore."""
    whole = list(_boxes(store, 0, len(store), [0]))
    boxes = list(_boxes(store, *whole[0][1:], [0])) if whole else []
    manifests = [box for box in boxes if box[0] == b"jumb"]
    if not manifests or boxes[0][0] != b"jumd":
        raise MalformedStore("The manifest store holds no manifest.")
    # A store may be large, and this is asked for by anybody: no box is copied but the two that are kept.
    kept = (_box(kind, store[at:to]) for kind, at, to in (boxes[0], manifests[-1]))
    return _box(b"jumb", b"".join(kept))


def _box(kind: bytes, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4, "big") + kind + data


def assertion_boxes(manifest: Superbox) -> tuple[Superbox, ...]:
    """The assertions of a manifest. Their stores' labels are not signed, so any store counts."""
    return tuple(box for store in manifest.children for box in store.children)


def _superbox(data: bytes, start: int, end: int, depth: int, seen: list[int]) -> Superbox:
    if depth > _MAX_DEPTH:
        raise MalformedStore("The manifest store nests too deep.")
    children: list[Superbox] = []
    contents: list[tuple[bytes, bytes]] = []
    description: tuple[bytes, str] | None = None
    for kind, at, to in _boxes(data, start, end, seen):
        if description is None:
            if kind != b"jumd":
                raise MalformedStore("A JUMBF superbox lacks its description.")
            description = _description(data[at:to])
        elif kind == b"jumb":
            children.append(_superbox(data, at, to, depth + 1, seen))
        else:
            contents.append((kind, data[at:to]))
    if description is None:
        raise MalformedStore("A JUMBF superbox is empty.")
    return Superbox(memoryview(data)[start:end], *description, tuple(children), tuple(contents))


def _description(box: bytes) -> tuple[bytes, str]:
    if len(box) < _UUID_BYTES + 1:
        raise MalformedStore("A JUMBF description is cut short.")
    label = b""
    if box[_UUID_BYTES] & _HAS_LABEL:
        label, zero, _ = box[_UUID_BYTES + 1 :].partition(b"\0")
        if not zero:
            raise MalformedStore("A JUMBF label has no end.")
    try:
        return box[:4], label.decode()
    except UnicodeDecodeError as error:
        raise MalformedStore("A JUMBF label is not UTF-8.") from error


def _boxes(data: bytes, start: int, end: int, seen: list[int]) -> Iterator[tuple[bytes, int, int]]:
    at = start
    while at < end:
        seen[0] += 1
        if seen[0] > _MAX_BOXES:
            raise MalformedStore("The manifest store holds too many boxes.")
        if at + 8 > end:
            raise MalformedStore("A JUMBF box is cut short.")
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size < header:
            raise MalformedStore("A JUMBF box has an impossible length.")
        # Lengths are not signed, and the SDK reads a last box that claims too much up to its parent's end.
        yield data[at + 4 : at + 8], at + header, min(at + size, end)
        at += size
