"""A file name from a stranger, reduced to a label that is safe to show and never used as a path."""

import unicodedata

FALLBACK = "unnamed"
MAX_CHARACTERS = 200

# Controls, surrogates, private use, unassigned; format characters hold the bidi overrides (UAX #9) and the
# zero-width ones, line and paragraph separators break a log line or a table row in two.
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def label(name: str) -> str:
    """The last path component of `name`, NFC, without control, bidi or invisible characters, ≤ 200
    characters.

    Never raises. HTML is left as it is: whoever shows the label escapes it. Applying it twice changes
    nothing.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(
        character if character != "\t" else " "
        for character in unicodedata.normalize("NFC", last)
        if character == "\t" or unicodedata.category(character) not in _HARMFUL
    )
    trimmed = _shorten(" ".join(visible.split()).strip(". "))
    return trimmed or FALLBACK


def _shorten(text: str) -> str:
    """Cut to the limit, keeping a short extension, which people look for."""
    if len(text) <= MAX_CHARACTERS:
        return text
    stem, dot, extension = text.rpartition(".")
    if dot and 0 < len(extension) <= 10 and " " not in extension:
        return stem[: MAX_CHARACTERS - len(extension) - 1].rstrip(". ") + "." + extension
    return text[:MAX_CHARACTERS].rstrip(". ")
