"""Undo what spammers do to a text so that filters miss it, before any fingerprint is taken.

Every step is a function of the text alone, and the same on every machine. Writing systems other than Latin
survive: accents go from Latin and Greek letters and marks of the generic combining blocks from all, but no
letter of another alphabet (й, ї, が) becomes another one and no vowel sign or tone mark goes.
"""

import html
import re
import unicodedata
from functools import cache

from detector.fingerprints.confusables import (
    TURNED,
    combining_characters,
    enclosed_letters,
    latin_lookalikes,
    plain_letters,
    strict_lookalikes,
)
from detector.fingerprints.marks import meaning_marks
from detector.fingerprints.variants import compared_letters

MAX_CHARACTERS = 100_000
"""Longer texts are fingerprinted by their beginning; their exact digest covers all of it."""

# Invisible or blank characters that carry no reading: joiners, Hangul fillers, variation selectors, tags; and
# the Arabic tatweel, which only stretches a word.
_INVISIBLE = re.compile(
    "[\u00ad\u0640\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_GENERIC_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_LETTER = re.compile("[A-Za-z]")
_LEET_TOKEN = re.compile("[a-z0-9@$€!|+]+")
_INNER_SIGN = re.compile("[a-z][0-9@$€!|+]{1,5}[a-z]")
_MIXED = re.compile(r"(?<![\w@$])(?:[a-z]+[0-9@$]|[0-9@$]+[a-z]+[0-9@$])[a-z0-9@$]*")
_LONG_NUMBER = re.compile("[0-9]{6}")
_LEET = str.maketrans("01345789@$€!|+", "oieastbgaseilt")
_CYRILLIC_LEET = re.compile(r"(?<!\w)[а-я]+[0346]+[а-я][а-я0346]*")
_CYRILLIC_DIGITS = str.maketrans("0346", "озчб")
_ALPHABETS = range(0x370, 0x590)
"""Greek, Cyrillic and Armenian: what Latin is disguised by, and what Latin letters disguise."""
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .\-_*·,/|\\~+])[^\W\d_](?:\1[^\W\d_])+(?![^\W_])")
_SPACED_GAP = re.compile(r"[ .\-_*·,/|\\~+]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_DECORATION = re.compile(r"[^\w\s'?̀-🫿]+")
_DIGITS = re.compile(r"\d+")
_REPEATED = re.compile(r"(.)\1+")
_TURNED_ONLY = frozenset(chr(code) for code in TURNED if code > 0x7F)


def _unmask_lookalikes(text: str) -> str:
    """Turn lookalikes back into Latin in words that pass for Latin; leave real Greek, Cyrillic… words alone.

    A word that mixes Latin with lookalikes is masked. A word made of lookalikes only is masked where most
    words are Latin, or a good part is and nearly all others could be; else unless words of that text really
    are in another alphabet more often than not ("сор" alone against "он пошёл за сор"). A text in another
    alphabet is left alone: Latin letters in it are its disguise, which skeleton() undoes.
    """
    if _is_in_another_alphabet(text):
        return text
    table, strict = latin_lookalikes(), strict_lookalikes()
    words = _WORD.findall(text)
    whole = [word for word in words if not (word.isascii() or _ASCII_LETTER.search(word))]
    latin = len(words) - len(whole)
    disguised = sum(1 for word in whole if word.translate(table).isascii())
    seeming = sum(1 for word in whole if word.translate(strict).isascii())
    passing: dict[int, str] | None
    if latin > len(whole) or (latin * 3 >= len(whole) and disguised * 5 >= len(whole) * 4):
        passing = table
    else:
        passing = strict if len(whole) - seeming < seeming else None

    def unmask(found: re.Match[str]) -> str:
        word = found[0]
        if word.isascii():
            return word
        if _ASCII_LETTER.search(word):
            return word.translate(table)
        shown = word.translate(passing) if passing is not None else word
        return shown if shown.isascii() else word

    return _WORD.sub(unmask, text)


def _is_in_another_alphabet(text: str) -> bool:
    """Whether a tenth of all letters is Greek, Cyrillic or Armenian and passes for no Latin letter.

    Of Russian text these are a sixth, of Greek a quarter, whatever is put in place of the others.
    """
    table = latin_lookalikes()
    own = sum(1 for c in text if ord(c) in _ALPHABETS and ord(c) not in table and c.isalpha())
    return own > 0 and own * 10 >= sum(1 for c in text if c.isalpha())


def _upright(text: str) -> str:
    """A text of letters turned upside down, which is read from its end: "ʍou ǝǝɹɟ" is "free now"."""
    turned = [c for c in text if c in _TURNED_ONLY]
    # Some languages have one or two of these letters.
    if len(set(turned)) < 3 or len(turned) * 5 < sum(1 for c in text if c.isalpha()):
        return text
    return text.translate(TURNED)[::-1]


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
    if _LONG_NUMBER.search(core) or (len(core) > 3 and core.isdigit()):
        return token
    return core.translate(_LEET) + token[len(core) :]


def _has_leet_habit(text: str) -> bool:
    """Whether digits stand inside words too often for product names and times."""
    words = len(text.split())
    if len(_INNER_SIGN.findall(text)) >= max(2, words // 8):
        return True
    return len(_MIXED.findall(text)) >= max(3, words * 35 // 100)


def _joined(found: re.Match[str]) -> str:
    return _SPACED_GAP.sub("", found[0])


@cache
def _mark_flood() -> re.Pattern[str]:
    marks = combining_characters()
    return re.compile(f"([{marks}]{{4}})[{marks}]+")


def normalise(text: str) -> str:
    """The text as a reader takes it: lower case, one space between words, without disguises.

    HTML's character references are read; NFKC; invisible characters, accents and generic combining marks go;
    letters turned upside down are turned back; lookalikes (UTS #39) become Latin in words that pass for
    Latin; digits and signs inside words become letters; single spaced-out letters are joined;
    letters repeated three times or more are written twice.
    """
    text = text[:MAX_CHARACTERS]
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _mark_flood().sub(r"\1", _INVISIBLE.sub("", text)).replace("\u2800", " ")
        text = unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS].translate(enclosed_letters())
        text = _GENERIC_MARKS.sub("", text.translate(plain_letters()))
        text = _unmask_lookalikes(_upright(text))
    text = unicodedata.normalize("NFC", text.casefold())
    text = _LEET_TOKEN.sub(_unleet_all if _has_leet_habit(text) else _unleet, text)
    text = _CYRILLIC_LEET.sub(lambda found: found[0].translate(_CYRILLIC_DIGITS), text)
    text = _SPACED.sub(_joined, text)
    text = _STRETCHED.sub(r"\1\1", text)
    return " ".join(text.split())


def spoken(normalised: str) -> str:
    """The words alone, for a model of meaning: full stops between all words and other decoration go."""
    return " ".join(_DECORATION.sub(" ", normalised).split())


def is_latin(normalised: str) -> bool:
    """Whether at least 80 % of the letters that normalise() returned are in words of Latin letters alone."""
    words = _WORD.findall(normalised)
    latin = sum(len(word) for word in words if max(word) < "\u0250")
    return latin * 5 >= sum(map(len, words)) * 4


def skeleton(normalised: str) -> str:
    """What is left to compare letter by letter: no spaces, no signs, every number 0, no doubled letters.

    `normalised` is what normalise() returned. l and i become one, since 1, | and I stand for both. Greek,
    Cyrillic and Armenian letters become the Latin ones that they look like, so that "пpoдaм" with Latin
    letters in it is compared as "продам" is; forms of one Arabic letter, kana or Chinese character become one
    (variants.py). Marks that tell one word from another (Devanagari, Thai…) are
    letters here; Arabic and Hebrew points, which writers put or leave out, are not.
    """
    letters = _not_letters().sub("", normalised)
    if not letters.isascii():
        letters = letters.translate(compared_letters())
    return _REPEATED.sub(r"\1", _DIGITS.sub("0", letters).replace("l", "i"))


@cache
def _not_letters() -> re.Pattern[str]:
    return re.compile(f"(?:[^\\w{meaning_marks()}]|_)+")
