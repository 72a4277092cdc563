"""What spammers do to a text so that filters miss it, by name: what thresholds are set with.

The benchmark adds edits that no threshold was set with (benchmarks/text_edits.py).
"""

import random
from collections.abc import Callable, Mapping

Edit = Callable[[str, random.Random], str]

_PLAIN = "abcdefghijklmnopqrstuvwxyz"
_ASCII = _PLAIN + _PLAIN.upper()
_CYRILLIC = str.maketrans("aeopcxyisjAEOPCXTHKMB", "аеорсхуіѕјАЕОРСХТНКМВ")
_GREEK = str.maketrans("aiknoptuvwABEZHIKMNOPTXY", "αικηορτυνωΑΒΕΖΗΙΚΜΝΟΡΤΧΥ")
_LEET = str.maketrans("aeios", "43105")
_HEAVY_LEET = str.maketrans("abegiostlAEIOST", "@8391057143105+")
_SMALL_CAPITALS = str.maketrans("abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ")
_MARKS = "\u0300\u0301\u0302\u0308\u030a\u0327\u0336\u0338"
_EMOJI = "😀🔥💰🎁✅👉❤🚀"
_SIGNS = ".,;:!-*~_'"


def each_letter(text: str, chance: float, rng: random.Random, change: Callable[[str], str]) -> str:
    """The text with each letter changed at a chance of 0 to 1."""
    return "".join(change(c) if c.isalpha() and rng.random() < chance else c for c in text)


def _alphabet(first_small: int, first_capital: int) -> dict[int, str]:
    """A table from ASCII letters to two runs of 26 code points."""
    table = {ord(c): chr(first_small + n) for n, c in enumerate(_PLAIN)}
    return table | {ord(c): chr(first_capital + n) for n, c in enumerate(_PLAIN.upper())}


_FULL_WIDTH = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
_MATHEMATICAL = _alphabet(0x1D41A, 0x1D400)
_CIRCLED = _alphabet(0x24D0, 0x24B6)
_SQUARED = _alphabet(0x1F170, 0x1F170)


def drop_words(text: str, rng: random.Random) -> str:
    """Every tenth word, on average, is gone; never all of them."""
    return " ".join(word for word in text.split() if rng.random() > 0.1) or text


def _swap_words(text: str, rng: random.Random) -> str:
    words = text.split()
    at = rng.randrange(max(1, len(words) - 1))
    words[at : at + 2] = reversed(words[at : at + 2])
    return " ".join(words)


def _swap_letters(text: str, rng: random.Random) -> str:
    letters = list(text)
    for at in range(len(letters) - 1):
        if letters[at].isalpha() and letters[at + 1].isalpha() and rng.random() < 0.05:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _some_lookalikes(text: str, rng: random.Random) -> str:
    tables = (_CYRILLIC, _GREEK)
    return each_letter(text, 0.4, rng, lambda c: c.translate(rng.choice(tables)))


def _between_words(text: str, rng: random.Random, signs: str) -> str:
    return "".join(f"{word} {rng.choice(signs)} " for word in text.split())


def _stretched(text: str, rng: random.Random) -> str:
    return each_letter(text, 0.1, rng, lambda c: c * rng.randrange(3, 6))


def _punctuated(text: str, rng: random.Random) -> str:
    return "".join(c + (rng.choice(_SIGNS) if rng.random() < 0.2 else "") for c in text)


def _opened_and_ended(text: str, rng: random.Random) -> str:
    return f"Hi {rng.choice(['mate', 'dear', 'all'])}, {text} ok? thx"


EDITS: Mapping[str, Edit] = {
    "upper_case": lambda t, _: t.upper(),
    "alternating_case": lambda t, _: "".join(c.upper() if n % 2 else c.lower() for n, c in enumerate(t)),
    "cyrillic": lambda t, _: t.translate(_CYRILLIC),
    "greek": lambda t, _: t.translate(_GREEK),
    "some_lookalikes": _some_lookalikes,
    "full_width": lambda t, _: t.translate(_FULL_WIDTH),
    "mathematical": lambda t, _: t.translate(_MATHEMATICAL),
    "circled": lambda t, _: t.translate(_CIRCLED),
    "squared": lambda t, _: t.translate(_SQUARED),
    "small_capitals": lambda t, _: t.lower().translate(_SMALL_CAPITALS),
    "leet": lambda t, _: t.translate(_LEET),
    "heavy_leet": lambda t, _: t.translate(_HEAVY_LEET),
    "zero_width": lambda t, _: "\u200b".join(t),
    "soft_hyphens": lambda t, _: "\u00ad".join(t),
    "marks": lambda t, rng: each_letter(t, 0.4, rng, lambda c: c + "\u0336"),
    "piled_marks": lambda t, rng: each_letter(
        t, 0.8, rng, lambda c: c + "".join(rng.choices(_MARKS, k=rng.randrange(1, 12)))
    ),
    "spaced_out": lambda t, _: "  ".join(" ".join(word) for word in t.split()),
    "dotted": lambda t, _: " ".join(".".join(word) for word in t.split()),
    "run_together": lambda t, _: "".join(t.split()),
    "punctuated": _punctuated,
    "case_and_stops": lambda t, _: t.upper().replace(" ", ". "),
    "stretched": _stretched,
    "emoji": lambda t, rng: _between_words(t, rng, _EMOJI),
    "typos": lambda t, rng: each_letter(t, 0.06, rng, lambda _: rng.choice("etaoinshr")),
    "swapped_letters": _swap_letters,
    "dropped_words": drop_words,
    "swapped_words": _swap_words,
    "new_numbers": lambda t, rng: "".join(str(rng.randrange(10)) if c.isdigit() else c for c in t),
    "opening_and_ending": _opened_and_ended,
    "end_cut": lambda t, _: t[: max(20, len(t) * 4 // 5)],
}
