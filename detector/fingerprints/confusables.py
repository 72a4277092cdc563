"""Which characters look like which Latin letter: Unicode's UTS #39 confusables and a few it leaves out."""

import unicodedata
from functools import cache

_ADDITIONS = {
    # Cyrillic and Greek small letters that pass for Latin in a message although UTS #39 pairs only capitals.
    **dict(zip("бвкмнтпиз", "bbkmhtnue", strict=True)),
    **dict(zip("БПИЗ", "BNUE", strict=True)),
    **dict(zip("βεκτηωζ", "bektnwz", strict=True)),
}


def _folded(text: str) -> str:
    """Compatibility-decomposed, without marks."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@cache
def latin_lookalikes() -> dict[int, str]:
    """The strict table and what only passes for Latin inside a word that is Latin otherwise."""
    return strict_lookalikes() | {ord(source): letter for source, letter in _ADDITIONS.items()}


@cache
def cased_lookalikes() -> dict[int, str]:
    """Of latin_lookalikes() the small letters of alphabets that have capitals, to small letters.

    Other writing systems have no letter that passes for a Latin one in a message, and would only lose some.
    """
    table = {code: letter.lower() for code, letter in latin_lookalikes().items()}
    return {code: letter for code, letter in table.items() if chr(code).upper() != chr(code)}


@cache
def strict_lookalikes() -> dict[int, str]:
    """A table for str.translate: code points outside ASCII to the ASCII letter each is confusable with.

    Source: Unicode UTS #39 confusables, as the package confusable-homoglyphs ships them.
    """
    from confusable_homoglyphs import confusables

    table: dict[int, str] = {}
    for source, rivals in confusables.confusables_data.items():
        if len(source) != 1 or source.isascii():
            continue
        targets = {_folded(str(rival["c"])) for rival in rivals}
        letters = sorted(t for t in targets if len(t) == 1 and t.isascii() and t.isalpha())
        if letters:
            table[ord(source)] = letters[-1]
    return table


@cache
def enclosed_letters() -> dict[int, str]:
    """Squared and negative circled capitals and small capitals, which survive NFKC, to small letters."""
    table = {first + n: chr(ord("a") + n) for first in (0x1F130, 0x1F150, 0x1F170) for n in range(26)}
    small_capitals = zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)
    return table | {ord(source): letter for source, letter in small_capitals}


TURNED = str.maketrans("ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍʎz", "abcdefghijklmnopqrstuvwyz")
"""Letters turned upside down to the upright ones; b, d, n, p, q and u are one another's."""


@cache
def plain_letters() -> dict[int, str]:
    """Latin and Greek letters with accents to the letter alone, and ё to е, as most Russians write it.

    A letter of another alphabet that Unicode can take apart (й, ї, Ў) is a letter of its own and stays.
    """
    table = {}
    for code in (*range(0xC0, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000)):
        parts = unicodedata.normalize("NFD", chr(code))
        if len(parts) > 1 and unicodedata.name(parts[0], "").startswith(("LATIN", "GREEK")):
            table[code] = "".join(c for c in parts if not unicodedata.combining(c))
    return table | {ord("ё"): "е", ord("Ё"): "Е"}


@cache
def combining_characters() -> str:
    """Every character with a canonical combining class, to be written inside a regular expression's class.

    Normalisation sorts a run of them in quadratic time (Unicode Standard 3.11, canonical ordering), so runs
    are cut short before it.
    """
    return "".join(chr(c) for c in range(0x300, 0x1F000) if unicodedata.combining(chr(c)))
