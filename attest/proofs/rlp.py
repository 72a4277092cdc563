"""Recursive Length Prefix, strictly: the one canonical encoding of byte strings and lists of them.

Ethereum yellow paper, appendix B. An item is `bytes` or a list of items; integers are big-endian without
leading zeros, zero being the empty string.
"""

from typing import TypeAlias

Item: TypeAlias = "bytes | list[Item]"
MAX_DEPTH = 16


class RlpInvalid(ValueError):
    """The bytes are no RLP, or not in their one canonical form."""


def decode(data: bytes) -> Item:
    """Read exactly one item. Raises RlpInvalid, also on trailing bytes and nesting deeper than 16."""
    item, end = _item(data, 0, 0)
    if end != len(data):
        raise RlpInvalid("bytes follow the item")
    return item


def encode(item: Item) -> bytes:
    """The canonical encoding of an item."""
    if isinstance(item, list):
        body = b"".join(map(encode, item))
        return _prefix(len(body), 0xC0) + body
    return item if len(item) == 1 and item[0] < 0x80 else _prefix(len(item), 0x80) + item


def integer(item: Item) -> int:
    """The number that a string stands for. Raises RlpInvalid on a list and on leading zeros."""
    if isinstance(item, list) or item[:1] == b"\0":
        raise RlpInvalid("this is no number")
    return int.from_bytes(item, "big")


def number(value: int) -> bytes:
    """The string that stands for a number."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes([base + length])
    size = number(length)
    return bytes([base + 55 + len(size)]) + size


def _item(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    """The item at `at` and where it ends."""
    if at >= len(data) or depth > MAX_DEPTH:
        raise RlpInvalid("it ends too early, or nests too deep")
    prefix = data[at]
    if prefix < 0x80:
        return data[at : at + 1], at + 1
    base = 0xC0 if prefix >= 0xC0 else 0x80
    begin, end = _payload(data, at, prefix - base)
    if base == 0x80:
        payload = data[begin:end]
        if len(payload) == 1 and payload[0] < 0x80:
            raise RlpInvalid("a small byte stands for itself")
        return payload, end
    items: list[Item] = []
    while begin < end:
        item, begin = _item(data, begin, depth + 1)
        items.append(item)
    if begin != end:
        raise RlpInvalid("an item is longer than its list")
    return items, end


def _payload(data: bytes, at: int, code: int) -> tuple[int, int]:
    """Where the payload begins and ends, by the prefix less its base."""
    begin, length = at + 1, code
    if code > 55:
        begin = at + 1 + code - 55
        size = data[at + 1 : begin]
        length = int.from_bytes(size, "big")
        if len(size) != code - 55 or size[0] == 0 or length < 56:
            raise RlpInvalid("a length has a shorter spelling")
    if begin + length > len(data):
        raise RlpInvalid("it ends too early")
    return begin, begin + length
