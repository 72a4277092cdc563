"""Edits that no threshold was set with, harder ones among them: how far the text fingerprints reach."""

import random
from collections.abc import Mapping

from detector.text_edits import EDITS, Edit, each_letter

_SLANG = {
    "you": "u", "are": "r", "to": "2", "for": "4", "your": "ur", "be": "b", "see": "c", "and": "n",
    "with": "w", "have": "hv", "please": "plz", "great": "gr8", "before": "b4", "tomorrow": "2moro",
    "message": "msg", "text": "txt", "what": "wat", "good": "gud", "the": "da", "that": "dat",
}  # fmt: skip
_SYNONYMS = {
    "call": "ring", "free": "complimentary", "win": "gain", "won": "gained", "prize": "award",
    "claim": "collect", "now": "right away", "urgent": "important", "message": "note", "phone": "handset",
    "get": "obtain", "want": "wish", "good": "nice", "great": "superb", "love": "adore", "home": "house",
    "going": "heading", "tell": "inform", "think": "believe", "work": "job", "happy": "glad",
    "sorry": "apologies", "later": "afterwards", "send": "forward", "come": "arrive", "time": "hour",
    "day": "date", "need": "require",
}  # fmt: skip
_TURNED = str.maketrans("abcdefghijklmnopqrstuvwyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍʎz")
_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_OTHERS = (
    "The minutes of the last meeting are on the shelf behind the green door.",
    "Rain is expected from the west in the evening, turning to sleet over high ground.",
)


def _words(text: str, table: Mapping[str, str]) -> str:
    return " ".join(table.get(word.lower().strip(".,!?"), word) for word in text.split())


def _neighbour(letter: str, rng: random.Random) -> str:
    return rng.choice(_NEIGHBOURS.get(letter.lower(), letter))


def _clauses(text: str, rng: random.Random) -> str:
    words = text.split()
    at = rng.randrange(len(words) // 3, len(words) * 2 // 3 + 1)
    return " ".join(words[at:] + words[:at])


def _syllables(text: str) -> str:
    return " ".join("-".join(word[i : i + 2] for i in range(0, len(word), 2)) for word in text.split())


def _several(text: str, rng: random.Random) -> str:
    for name in rng.sample(("typos", "dropped_words", "some_lookalikes", "leet", "new_numbers"), 3):
        text = EDITS[name](text, rng)
    return text


OTHER: Mapping[str, Edit] = {
    "escaped": lambda t, _: "".join(f"&#{ord(c)};" if c.isalpha() else c for c in t),
    "direction_marks": lambda t, _: "".join(f"\u202e{c}\u202c" if c == " " else c for c in t),
    "quoted": lambda t, _: "> " + "\n> ".join(t.split(" ")),
    "syllables": lambda t, _: _syllables(t),
    "doubled_letters": lambda t, rng: each_letter(t, 0.3, rng, lambda c: c * 2),
    "slang": lambda t, _: _words(t, _SLANG),
    "sounds": lambda t, _: t.lower().replace("ph", "f").replace("ck", "k").replace("s", "z"),
    "wrong_keys": lambda t, rng: each_letter(t, 0.08, rng, lambda c: _neighbour(c, rng)),
    "lost_letters": lambda t, rng: each_letter(t, 0.08, rng, lambda _: ""),
    "clauses_turned": _clauses,
    "synonyms": lambda t, _: _words(t, _SYNONYMS),
    "without_vowels": lambda t, _: "".join(c for c in t if c.lower() not in "aeiou"),
    "half": lambda t, _: t[: max(20, len(t) // 2)],
    "inside_another": lambda t, _: f"{_OTHERS[0]} {t} {_OTHERS[1]}",
    "upside_down": lambda t, _: t.lower().translate(_TURNED)[::-1],
    "several_at_once": _several,
}
