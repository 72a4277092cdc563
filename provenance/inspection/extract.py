"""Candidate manifest stores inside a file's bytes, whatever the format.

The SDK validates a store but does not hand its bytes out. Most formats hold it in one piece (PNG chunk, RIFF
chunk, BMFF box, TIFF tag, ID3 frame, PDF stream); JPEG cuts it into APP11 segments, GIF into sub-blocks, SVG
holds base64. A decoy may lie anywhere: callers take only the candidate whose claim is the one the SDK
validated.
"""

import base64
import binascii
import mmap
import re
from collections.abc import Iterator

from provenance.inspection import in_text
from provenance.inspection.jumbf import STORE_MAGIC

_MAX_STORE_BYTES = 64 * 1024 * 1024
_MAX_CANDIDATES = 32
_HEADER_BEFORE_MAGIC = 12
_SVG_STORE = re.compile(rb"<(?:[\w.-]+:)?manifest[^>]*>\s*([A-Za-z0-9+/=\s]+?)\s*</(?:[\w.-]+:)?manifest\s*>")
_TEXT_MARK = "\ufeff".encode() + in_text.selectors(in_text.MAGIC)
_SVG_MAX_BYTES = 100 * 1024 * 1024

Bytes = bytes | mmap.mmap


def may_hold_store(data: Bytes, media_type: str) -> bool:
    """Whether the bytes could hold a store or name a remote one; a False is certain, a True is not.

    A PDF may compress what it holds, so it always answers True. Text holds no JUMBF, but perhaps a wrapper.
    """
    if media_type == "application/pdf":
        return True
    if media_type == "text/plain":
        return data.find(_TEXT_MARK) >= 0
    if media_type == "image/svg+xml":
        return data.find(b"c2pa") >= 0 or data.find(b"provenance") >= 0
    return data.find(b"jumdc2pa") >= 0 or data.find(b"dcterms:provenance") >= 0


def shows_store(data: Bytes, media_type: str) -> bool:
    """Whether a store's mark lies open in the bytes: such a file that cannot be read is broken, not bare."""
    return data.find(b"c2pa:manifest" if media_type == "image/svg+xml" else b"jumdc2pa") >= 0


def only_store(data: bytes, media_type: str) -> bytes | None:
    """The store of a JPEG that holds exactly one, where it belongs; None for anything else."""
    if media_type != "image/jpeg" or data.count(b"jumdc2pa") != 1:
        return None
    found = list(_jpeg(data))
    return found[0] if len(found) == 1 else None


def candidates(data: Bytes, media_type: str) -> Iterator[bytes]:
    """Byte strings that may be the store, at most 32, each at most 64 MiB."""
    if media_type == "image/jpeg":
        yield from _jpeg(data)
    elif media_type == "image/gif":
        yield from _gif(data)
    elif media_type == "image/svg+xml":
        yield from _svg(data)
    yield from _contiguous(data)


def _contiguous(data: Bytes) -> Iterator[bytes]:
    at = -1
    for _ in range(_MAX_CANDIDATES):
        at = data.find(STORE_MAGIC, at + 1)
        if at < 0:
            return
        start = at - _HEADER_BEFORE_MAGIC
        if start < 0 or data[start + 4 : start + 8] != b"jumb":
            continue
        length = int.from_bytes(data[start : start + 4], "big")
        if 0 < length <= min(_MAX_STORE_BYTES, len(data) - start):
            yield data[start : start + length]


def _jpeg(data: Bytes) -> Iterator[bytes]:
    """ISO/IEC 19566-5 annex D: FF EB, length, "JP", instance, sequence, then the box, its header repeated."""
    parts: dict[bytes, bytearray] = {}
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xEB and data[at + 4 : at + 6] == b"JP" and length > 18:
            instance, content = data[at + 6 : at + 8], data[at + 12 : at + 2 + length]
            if instance in parts:
                parts[instance] += content[8:]
            elif len(parts) < _MAX_CANDIDATES:
                parts[instance] = bytearray(content)
        at += 2 + max(length, 2)
    for part in parts.values():
        if part[_HEADER_BEFORE_MAGIC:].startswith(STORE_MAGIC):
            yield bytes(part[: int.from_bytes(part[:4], "big")])


def _gif(data: Bytes) -> Iterator[bytes]:
    """An application extension "C2PA_GIF" 01 00 00, then sub-blocks of at most 255 bytes."""
    at = data.find(b"\x21\xff\x0bC2PA_GIF\x01\x00\x00")
    if at < 0:
        return
    at += 14
    store = bytearray()
    while at < len(data) and data[at] and len(store) <= _MAX_STORE_BYTES:
        store += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    yield bytes(store)


def _svg(data: Bytes) -> Iterator[bytes]:
    for found in list(_SVG_STORE.finditer(data[:_SVG_MAX_BYTES]))[:_MAX_CANDIDATES]:
        try:
            yield base64.b64decode(b"".join(found.group(1).split()), validate=True)
        except binascii.Error:
            continue
