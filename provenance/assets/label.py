"""Strings from strangers: what is invisible in them is made visible, and file names become harmless labels.

A bidi override (UAX #9) shows `gpj.exe` as `exe.jpg`, a zero-width space makes two equal names different, and
control characters move a terminal's cursor. They are shown as the marks they are, `[U+202E]`, so that nothing
acts and nothing is hidden. Characters that join belong to writing (UTS #46 CONTEXTJ: Persian, Hindi) and to
emoji (UTS #51); where they do, they stay.
"""

import re
import unicodedata

import idna

FALLBACK = "unnamed"
MAX_CHARACTERS = 200

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and symbols that are drawn as nothing: the combining grapheme joiner, Hangul and Khmer fillers,
# Mongolian selectors, a Braille pattern without dots, a musical notehead.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159")
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_NEWER_EMOJI = range(0x1F000, 0x1FB00)
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_TEXT_AND_EMOJI = frozenset("\ufe0e\ufe0f")
_SYMBOLS = frozenset({"So", "Sm", "Sk", "Po", "Pd", "Nd", "Cn"})
# England, Scotland and Wales: a black flag, the place in tag letters, and the end (UTS #51 section 1.4.6).
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{4,6}\U000e007f")


def visible(text: str, limit: int) -> str:
    """`text` on one line, NFC, at most `limit` characters; what is invisible or acts is marked `[U+202E]`.

    Tabs become spaces and the ends are trimmed; what is cut ends in "…". Never raises. HTML is left as it is:
    whoever shows the text escapes it. Applying it twice changes nothing.
    """
    text = unicodedata.normalize("NFC", text[: 4 * limit].strip())
    return _cut(marked(text).strip(), limit)


def marked(text: str) -> str:
    """`text` with what is invisible or acts marked, tabs as spaces, whatever its length."""
    text = text.replace("\t", " ")
    if text.isascii() and text.isprintable():
        return text
    flags = {at for found in _FLAG.finditer(text) for at in range(*found.span())}
    # Joiners last: whether one belongs depends on what is left around it.
    first = "".join(
        character if at in flags or _is_plain(text, at) else _mark(character)
        for at, character in enumerate(text)
    )
    if _ZWJ not in first and _ZWNJ not in first:
        return first
    return "".join(
        _mark(character) if character in (_ZWJ, _ZWNJ) and not _joins(first, at) else character
        for at, character in enumerate(first)
    )


def label(name: str) -> str:
    """The last path component of `name`, marked as `visible` does, single spaces, ≤ 200 characters.

    Never raises. HTML is left as it is: whoever shows the label escapes it. Applying it twice changes
    nothing.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Names longer than any file system's are cut before they are looked at, their ending kept.
    if len(last) > 4 * MAX_CHARACTERS:
        last = last[: 3 * MAX_CHARACTERS] + last[-MAX_CHARACTERS:]
    last = marked(unicodedata.normalize("NFC", last.strip()))
    trimmed = _shorten(" ".join(last.split()).strip(". "))
    return trimmed or FALLBACK


def _is_plain(text: str, at: int) -> bool:
    """Whether the character may stand as it is; joiners are judged later."""
    character = text[at]
    if character in (_ZWJ, _ZWNJ):
        return True
    if character in _BLANK:
        return False
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return at > 0 and _varies(character, text[at - 1])
    kind = unicodedata.category(character)
    # Emoji newer than this Python's tables are drawn all the same.
    return kind not in _HARMFUL or (kind == "Cn" and ord(character) in _NEWER_EMOJI)


def _varies(selector: str, base: str) -> bool:
    """Whether the character before a variation selector can have variants; runs of selectors hide data."""
    kind = unicodedata.category(base)
    if selector in _TEXT_AND_EMOJI:
        return kind in _SYMBOLS and base not in _BLANK
    return kind in {"Lo", "Sm"} and base not in _BLANK


def _joins(text: str, at: int) -> bool:
    """Whether the joiner at `at` belongs where it stands."""
    try:
        if idna.valid_contextj(text, at):
            return True
    except ValueError:
        pass
    if text[at] == _ZWNJ or at + 1 >= len(text):
        return False
    before = at - 1
    while before > 0 and (text[before] in _SKIN_TONES or text[before] in _TEXT_AND_EMOJI):
        before -= 1
    return before >= 0 and _is_emoji(text[before]) and _is_emoji(text[at + 1])


def _is_emoji(character: str) -> bool:
    return character not in _BLANK and (
        unicodedata.category(character) == "So"
        or (ord(character) in _NEWER_EMOJI and character not in _SKIN_TONES)
        or character in "\u2194\u2195"
    )


def _mark(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    # Neither half a mark nor a joiner without its partner is left.
    opened = kept.rfind("[U+")
    if opened > kept.rfind("]"):
        kept = kept[:opened]
    return kept.rstrip(" " + _ZWJ + _ZWNJ) + "…"


def _shorten(text: str) -> str:
    """Cut to the limit, keeping a short extension, which people look for."""
    if len(text) <= MAX_CHARACTERS:
        return text
    stem, dot, extension = text.rpartition(".")
    if dot and 0 < len(extension) <= 10 and " " not in extension:
        return _cut(stem, MAX_CHARACTERS - len(extension) - 1).rstrip(". ") + "." + extension
    return _cut(text, MAX_CHARACTERS)
