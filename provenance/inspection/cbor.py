"""Just enough CBOR (RFC 8949) to look into a claim and a COSE signature: strict and bounded."""

import struct
from typing import Any

from provenance.errors import ProvenanceError

_MAX_DEPTH = 32
_MAX_ITEMS = 200_000


class MalformedCbor(ProvenanceError):
    """The bytes are not one well-formed CBOR item."""

    code = "malformed_cbor"


def decode(data: bytes) -> Any:
    """The one item in `data`: int, bytes, str, list, dict, bool, float or None; tags are dropped.

    Raises MalformedCbor also for trailing bytes, duplicate or unhashable keys, and nesting over 32.
    """
    reader = _Reader(data)
    value = reader.item(0)
    if reader.at != len(data):
        raise MalformedCbor("The CBOR item is followed by other bytes.")
    return value


class _Reader:
    """A cursor over the bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.items = data, 0, 0

    def item(self, depth: int) -> Any:  # noqa: PLR0911 - one return per major type
        self.items += 1
        at = self.at
        if depth > _MAX_DEPTH or self.items > _MAX_ITEMS:
            raise MalformedCbor("The CBOR item nests too deep or is too long.")
        try:
            initial = self.data[at]
        except IndexError as error:
            raise MalformedCbor("The CBOR item is cut short.") from error
        self.at = at + 1
        major, info = initial >> 5, initial & 0x1F
        if major == 7:
            return self._simple(info)
        if info == 31:
            return self._indefinite(major, depth)
        number = info if info < 24 else self._argument(info)
        if major == 3:
            return self._text(number)
        if major == 5:
            return self._map([self._pair(depth) for _ in range(self._bounded(number))])
        if major == 2:
            return self._take(number)
        if major == 4:
            return [self.item(depth + 1) for _ in range(self._bounded(number))]
        if major == 6:
            return self.item(depth + 1)
        return number if major == 0 else -1 - number

    def _take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise MalformedCbor("The CBOR item is cut short.")
        self.at += length
        return self.data[self.at - length : self.at]

    def _argument(self, info: int) -> int:
        if info > 27:
            raise MalformedCbor("A CBOR length is reserved.")
        return int.from_bytes(self._take(1 << info - 24), "big")

    def _bounded(self, count: int) -> int:
        if count > len(self.data) - self.at:
            raise MalformedCbor("A CBOR collection claims more items than there are bytes.")
        return count

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode()
        except UnicodeDecodeError as error:
            raise MalformedCbor("A CBOR text is not UTF-8.") from error

    def _indefinite(self, major: int, depth: int) -> Any:
        if major not in (2, 3, 4, 5):
            raise MalformedCbor("A CBOR item cannot be of indefinite length.")
        parts: list[Any] = []
        while self.data[self.at : self.at + 1] != b"\xff":
            parts.append(self._pair(depth) if major == 5 else self.item(depth + 1))
        self.at += 1
        if major == 4:
            return parts
        if major == 5:
            return self._map(parts)
        if not all(isinstance(part, bytes if major == 2 else str) for part in parts):
            raise MalformedCbor("A CBOR string has a chunk of another type.")
        return b"".join(parts) if major == 2 else "".join(parts)

    def _pair(self, depth: int) -> tuple[Any, Any]:
        return self.item(depth + 1), self.item(depth + 1)

    @staticmethod
    def _map(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        try:
            found = dict(pairs)
        except TypeError as error:
            raise MalformedCbor("A CBOR map has a key that is a collection.") from error
        if len(found) != len(pairs):
            raise MalformedCbor("A CBOR map has a key twice.")
        return found

    def _simple(self, info: int) -> Any:
        simple = {20: False, 21: True, 22: None, 23: None}
        if info in simple:
            return simple[info]
        formats = {25: ">e", 26: ">f", 27: ">d"}
        if info in formats:
            return struct.unpack(formats[info], self._take(1 << info - 24))[0]
        raise MalformedCbor("A CBOR simple value is unknown.")
