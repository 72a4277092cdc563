"""Reading text files: UTF-8 or UTF-16, with or without a byte order mark, never more than the limit."""

import codecs
from pathlib import Path

from detector.errors import MediaUnreadable

MAX_TEXT_BYTES = 4 * 1024 * 1024


def decode_text(data: bytes) -> str:
    """The text that `data` holds.

    A byte order mark decides the encoding; without one it is UTF-8, then UTF-16 where every second byte is
    zero, then Windows-1252 (which WHATWG's Encoding Standard also falls back to). A character cut in two at
    the end is dropped. Raises MediaUnreadable (`unreadable_text`) when the bytes are not text.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    head = data[:4096]
    if b"\0" in head:
        evens, odds = head[0::2].count(0), head[1::2].count(0)
        half = max(1, len(head) // 2)
        if odds > half * 0.6:
            return data.decode("utf-16-le", errors="replace")
        if evens > half * 0.6:
            return data.decode("utf-16-be", errors="replace")
        raise MediaUnreadable("These bytes are not text in any encoding we know.", code="unreadable_text")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """The first `limit` bytes of the file, decoded. Raises MediaUnreadable when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return decode_text(stream.read(limit))
    except OSError as error:
        raise MediaUnreadable(f"The file could not be read: {error.strerror}.") from error
