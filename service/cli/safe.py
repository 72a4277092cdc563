"""Names and titles from strangers, made safe to print on a terminal.

Control characters can move the cursor or run terminal features, and bidi overrides (UAX #9) show `gpj.exe` as
`exe.jpg`. They are printed as the same marks that the portal shows, so that nothing is hidden and nothing
acts.
"""

import json
from pathlib import Path

from provenance.assets.label import marked


def safe(text: object) -> str:
    """`text` on one line; controls, bidi and invisible characters are marked `[U+001B]`, tabs are spaces."""
    return marked(str(text))


def json_line(value: object) -> str:
    """One JSON object on one line, ASCII only: what is not ASCII is escaped, so it can act on no terminal."""
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here.")
