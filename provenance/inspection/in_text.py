"""C2PA inside a text (C2PA 2.4 appendix A.8, C2PATextManifestWrapper): found, decoded, and held to its text.

The wrapper is U+FEFF and then one Unicode variation selector a byte: VS1 to VS16 for 0x00 to 0x0F, VS17 to
VS256 for the rest. Decoded: magic "C2PATXT" 00, version 1, u32 length, the manifest store; selectors that
follow are padding.

The SDK validates such a store but not what it is bound to: it knows no text, and finds any exclusion in the
hash of a detached store's content wrong (`assertion.dataHash.mismatch`). `is_bound` answers that one question
in its place; everything else that the SDK says of the store stands.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provenance.errors import ProvenanceError
from provenance.inspection import cbor, jumbf

MAGIC = b"C2PATXT\0"
VERSION = 1
_HEADER_BYTES = len(MAGIC) + 1 + 4
_MAX_STORE_BYTES = 16 * 1024 * 1024
_BINDING = "c2pa.hash.data"
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


class MalformedWrapper(ProvenanceError):
    """A text with a wrapper that is broken, or with more than one; `status` is the C2PA status code."""

    code = "malformed_wrapper"

    def __init__(self, sentence: str, status: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class InText:
    """The store in a text, and where its wrapper lies in the bytes that were searched, padding included."""

    store: bytes
    start: int
    length: int


def selectors(data: bytes) -> bytes:
    """`data` as variation selectors, in UTF-8."""
    return b"".join(_SELECTORS[byte] for byte in data)


_SELECTORS = tuple(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16).encode() for byte in range(256))
_BYTES = {selector: byte for byte, selector in enumerate(_SELECTORS)}
_SELECTOR = re.compile(rb"\xef\xb8[\x80-\x8f]|\xf3\xa0[\x84-\x86][\x80-\xbf]|\xf3\xa0\x87[\x80-\xaf]")
# Possessive: a hostile run of any length is walked once.
_RUN = re.compile(rb"(?:%s)*+" % _SELECTOR.pattern)
_MARK = "\ufeff".encode() + selectors(MAGIC)


def find(data: bytes) -> InText | None:
    """The one wrapper in `data` (UTF-8), or None where there is none; a text without one costs one search.

    A run of selectors without the magic is somebody's emoji, and none. Raises MalformedWrapper with
    `manifest.text.multipleWrappers` or `manifest.text.corruptedWrapper`.
    """
    start = data.find(_MARK)
    if start < 0:
        return None
    if data.find(_MARK, start + 1) >= 0:
        raise MalformedWrapper(
            "The text carries more than one set of content credentials.", "manifest.text.multipleWrappers"
        )
    first = start + len("\ufeff".encode())
    run = _RUN.match(data, first)
    end = run.end() if run else first
    header = _decoded(data, first, end, _HEADER_BYTES)
    length = int.from_bytes(header[-4:], "big")
    if len(header) < _HEADER_BYTES or header[len(MAGIC)] != VERSION or not 0 < length <= _MAX_STORE_BYTES:
        raise _corrupted()
    store = _decoded(data, first, end, _HEADER_BYTES + length)[_HEADER_BYTES:]
    if len(store) < length:
        raise _corrupted()
    return InText(store, start, end - start)


def _decoded(data: bytes, start: int, end: int, most: int) -> bytes:
    """The first `most` bytes that the selectors from `start` on stand for, fewer where the run is shorter."""
    run = _SELECTOR.findall(data, start, min(end, start + 4 * most))
    return bytes(_BYTES[selector] for selector in run[:most])


def _corrupted() -> MalformedWrapper:
    return MalformedWrapper(
        "The content credentials inside this text are damaged.", "manifest.text.corruptedWrapper"
    )


def is_bound(found: InText, data: bytes) -> bool:
    """Whether the text around the wrapper is the one that the store's hard binding was made over.

    The binding is a `c2pa.hash.data` over the text's UTF-8 in Unicode normal form C with exactly one
    exclusion, the wrapper. That the claim vouches for the assertion is the SDK's to say.
    Raises ProvenanceError `malformed_store` or `malformed_cbor`.
    """
    binding = _binding(found.store)
    if binding is None:
        return False
    try:
        before, after = (
            _normalised(part) for part in (data[: found.start], data[found.start + found.length :])
        )
    except UnicodeDecodeError:
        return False
    if binding.get("exclusions") != [{"start": len(before), "length": found.length}]:
        return False
    algorithm = binding.get("alg", "sha256")
    if algorithm not in _ALGORITHMS:
        return False
    return hashlib.new(str(algorithm), before + after).digest() == binding.get("hash")


def _normalised(part: bytes) -> bytes:
    # U+FEFF and the selectors are starters that combine with nothing: both sides can be normalised alone.
    return unicodedata.normalize("NFC", part.decode()).encode()


def _binding(store: bytes) -> Mapping[str, Any] | None:
    """The hard binding of the active manifest; an update manifest has its parent's, which lies before it."""
    for manifest in reversed(jumbf.manifests(jumbf.parse(store))):
        for box in jumbf.assertion_boxes(manifest):
            raw = box.content(b"cbor")
            if raw is not None and box.label == _BINDING:
                decoded = cbor.decode(raw)
                return decoded if isinstance(decoded, dict) else None
    return None
