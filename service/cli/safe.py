"""Names and titles from strangers, made safe to print on a terminal.

Control characters can move the cursor or run terminal features, and bidi overrides (UAX #9) show `gpj.exe` as
`exe.jpg`. They are printed as the escapes they are, so that nothing is hidden and nothing acts.
"""

import json
import unicodedata
from pathlib import Path

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: object) -> str:
    r"""`text` on one line with control, format, surrogate and unassigned characters as `\xNN`, `\uNNNN`."""
    return "".join(_shown(character) for character in str(text))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HARMFUL:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def json_line(value: object) -> str:
    """One JSON object on one line, ASCII only: what is not ASCII is escaped, so it can act on no terminal."""
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here.")
