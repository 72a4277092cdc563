"""Which combining marks tell one word from another."""

import unicodedata
from collections.abc import Iterator
from functools import cache

_LEFT_OUT = (
    range(0x0300, 0x0370),  # generic combining blocks
    range(0x0483, 0x048A),
    range(0x0591, 0x05C8),  # Hebrew points and accents
    range(0x0610, 0x061B),  # Arabic points and Koranic signs
    range(0x064B, 0x0660),
    range(0x0670, 0x0671),
    range(0x06D6, 0x06EE),
    range(0x08CA, 0x0900),
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),
    range(0xFE00, 0xFE10),  # variation selectors
    range(0xFE20, 0xFE30),
)


@cache
def meaning_marks() -> str:
    """Vowel signs, viramas and tone marks of all alphabets up to U+1FFFF but the generic, Arabic and Hebrew
    ones, as ranges to be written inside a regular expression's class."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in _runs())


def _runs() -> Iterator[tuple[int, int]]:
    left_out = {code for block in _LEFT_OUT for code in block}
    first = last = -1
    for code in range(0x300, 0x20000):
        if unicodedata.category(chr(code)) not in ("Mn", "Mc") or code in left_out:
            continue
        if code != last + 1:
            if first >= 0:
                yield first, last
            first = code
        last = code
    yield first, last
