"""Undo what spammers do to a text so that filters miss it, before any fingerprint is taken.

Every step is a function of the text alone, and the same on every machine. Writing systems other than Latin
survive: only marks of the generic combining blocks go, never vowel signs of Indic, Arabic or Hebrew letters.
"""

import re
import unicodedata
from functools import cache

from detector.fingerprints.confusables import (
    combining_characters,
    enclosed_letters,
    latin_lookalikes,
    strict_lookalikes,
)

NORMALISER_VERSION = 1
MAX_CHARACTERS = 100_000
"""Longer texts are fingerprinted by their beginning; their exact digest covers all of it."""

# Invisible or blank characters that carry no reading: joiners, Hangul fillers, variation selectors, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_GENERIC_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_LETTER = re.compile("[A-Za-z]")
_LEET_TOKEN = re.compile("[a-z0-9@$€!|]+")
_INNER_DIGIT = re.compile("[a-z][0-9]{1,2}[a-z]")
_LEET = str.maketrans("01345789@$€!|", "oieastbgaseil")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .\-_*·,/|\\~+])[^\W\d_](?:\1[^\W\d_])+(?![^\W_])")
_SPACED_GAP = re.compile(r"[ .\-_*·,/|\\~+]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_NOT_LETTERS = re.compile(r"[\W_]+")
_DECORATION = re.compile(r"[^\w\s'?̀-🫿]+")
_DIGITS = re.compile(r"\d+")
_REPEATED = re.compile(r"(.)\1+")


def _unmask_lookalikes(text: str) -> str:
    """Turn lookalikes back into Latin in words that pass for Latin; leave real Greek, Cyrillic… words alone.

    A word that mixes Latin with lookalikes is masked. A word made of lookalikes only is masked unless words
    of that text really are in another alphabet more often than not ("сор" alone against "он пошёл за сор").
    """
    table, strict = latin_lookalikes(), strict_lookalikes()
    other = _alphabet_is_other(text)

    def unmask(found: re.Match[str]) -> str:
        word = found[0]
        if word.isascii():
            return word
        if _ASCII_LETTER.search(word):
            return word.translate(table)
        shown = word.translate(strict)
        return shown if not other and shown.isascii() else word

    return _WORD.sub(unmask, text)


def _alphabet_is_other(text: str) -> bool:
    """Whether words that can only be in another alphabet are as many as those that pass for Latin."""
    table = strict_lookalikes()
    genuine = passing = 0
    for word in _WORD.findall(text):
        if word.isascii() or _ASCII_LETTER.search(word):
            continue
        if word.translate(table).isascii():
            passing += 1
        else:
            genuine += 1
    return genuine >= passing


def _unleet(found: re.Match[str]) -> str:
    """`fr33` is free and `ca$h` is cash; `mp3`, `7pm`, `covid19` and numbers stay."""
    token = found[0]
    if token.isalpha() or not _ASCII_LETTER.search(token):
        return token
    core = token.rstrip("!|")
    tail = token[len(core) :]
    lead = re.match(r"[0-9]+", core)
    if lead and (len(lead[0]) > 2 or len(core) - len(lead[0]) < 3):
        return token
    end = re.search(r"[0-9]+$", core)
    if end and (len(set(end[0])) > 1 or len(core) < 4):
        return core[: end.start()].translate(_LEET) + end[0] + tail
    if sum(c.isdigit() for c in core) * 2 > len(core):
        return token
    return core.translate(_LEET) + tail


def _unleet_all(found: re.Match[str]) -> str:
    """Every sign that stands for a letter, short words included; long numbers stay."""
    token = found[0]
    core = token.rstrip("!|")
    digits = sum(c.isdigit() for c in core)
    if digits == len(core) and digits > 2:
        return token
    if digits > 3 and digits * 2 > len(core):
        return token
    return core.translate(_LEET) + token[len(core) :]


def _has_leet_habit(text: str) -> bool:
    """Whether digits stand inside words too often for product names and times."""
    words = len(text.split())
    return len(_INNER_DIGIT.findall(text)) >= max(2, words // 8)


def _joined(found: re.Match[str]) -> str:
    return _SPACED_GAP.sub("", found[0])


@cache
def _mark_flood() -> re.Pattern[str]:
    marks = combining_characters()
    return re.compile(f"([{marks}]{{4}})[{marks}]+")


def normalise(text: str) -> str:
    """The text as a reader takes it: lower case, one space between words, without disguises.

    NFKC; invisible characters and generic combining marks go; lookalikes (UTS #39) become Latin in words that
    pass for Latin; digits and signs inside words become letters; single spaced-out letters are joined;
    letters repeated three times or more are written twice.
    """
    text = text[:MAX_CHARACTERS]
    if not text.isascii():
        text = _mark_flood().sub(r"\1", _INVISIBLE.sub("", text)).replace("\u2800", " ")
        text = unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS].translate(enclosed_letters())
        text = unicodedata.normalize("NFC", _GENERIC_MARKS.sub("", unicodedata.normalize("NFD", text)))
        text = _unmask_lookalikes(text)
    text = unicodedata.normalize("NFC", text.casefold())
    text = _LEET_TOKEN.sub(_unleet_all if _has_leet_habit(text) else _unleet, text)
    text = _SPACED.sub(_joined, text)
    text = _STRETCHED.sub(r"\1\1", text)
    return " ".join(text.split())


def spoken(normalised: str) -> str:
    """The words alone, for a model of meaning: full stops between all words and other decoration go."""
    return " ".join(_DECORATION.sub(" ", normalised).split())


def skeleton(normalised: str) -> str:
    """What is left to compare letter by letter: no spaces, no signs, every number 0, no doubled letters.

    `normalised` is what normalise() returned. l and i become one, since 1, | and I stand for both.
    """
    letters = _NOT_LETTERS.sub("", normalised)
    return _REPEATED.sub(r"\1", _DIGITS.sub("0", letters).replace("l", "i"))
