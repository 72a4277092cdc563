"""What spammers do to a text of any language: no edit brings letters that do not look like its own."""

import random
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from benchmarks.text_edits import OTHER
from detector.text_edits import EDITS, Edit, each_letter

_LATIN = str.maketrans(
    "аеорсхуіѕјАЕОРСХТНКМВαικνορτυωΑΒΕΖΗΙΚΜΝΟΡΤΧΥ", "aeopcxyisjAEOPCXTHKMBaikvoptuwABEZHIKMNOPTXY"
)
_PERSIAN = str.maketrans("يكهأإآىة", "یکہاااىه")
_ARABIC = str.maketrans("یک", "يك")
_KANA = {code: chr(code + 0x60) for code in range(0x3041, 0x3097)}
_DIGITS = str.maketrans("озчбОЗЧБ", "03460346")


def _latin(share: float) -> Edit:
    return lambda text, rng: each_letter(text, share, rng, lambda c: c.translate(_LATIN))


def _typos(text: str, rng: random.Random) -> str:
    letters = [c for c in text if c.isalpha()]
    return each_letter(text, 0.06, rng, lambda _: rng.choice(letters))


@cache
def _to_traditional() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")


def _other_characters(text: str, _: random.Random) -> str:
    # In Japanese, which is told by its kana, and elsewhere nothing.
    japanese = any("\u3041" <= c <= "\u30ff" for c in text)
    return text if japanese else str(_to_traditional().convert(text))


SAME = (
    "upper_case", "full_width", "zero_width", "soft_hyphens", "marks", "piled_marks", "spaced_out", "dotted",
    "run_together", "punctuated", "stretched", "emoji", "swapped_letters", "dropped_words", "swapped_words",
    "new_numbers", "end_cut",
)  # fmt: skip
"""Edits of English texts that do the same to any other."""

EVERYWHERE: Mapping[str, Edit] = {name: EDITS[name] for name in SAME} | {
    "escaped": OTHER["escaped"],
    "direction_marks": OTHER["direction_marks"],
    "doubled_letters": OTHER["doubled_letters"],
    "decomposed": lambda text, _: unicodedata.normalize("NFD", text),
    "typos": _typos,
    "lost_letters": OTHER["lost_letters"],
    "latin_everywhere": _latin(1.0),
    "latin_often": _latin(0.4),
    "latin_now_and_then": _latin(0.1),
    "neighbours_letters": lambda text, _: text.translate(_PERSIAN if "ي" in text else _ARABIC),
    "katakana": lambda text, _: text.translate(_KANA),
    "traditional_characters": _other_characters,
    "digits_for_letters": lambda text, _: text.translate(_DIGITS),
}
"""An edit that leaves a text as it is (capitals in Arabic) does not count for it."""
