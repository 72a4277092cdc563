"""Letters and characters that stand for one another in comparison: by their looks, or by the writer's habit.

Latin lookalikes of other alphabets (confusables.py); Arabic letters' Persian and Urdu forms, as Lucene's
ArabicNormalizer and PersianNormalizer unite them, and those with a hamza; katakana for hiragana; traditional
Chinese characters for simplified ones (OpenCC's dictionary, character by character).
"""

from functools import cache

from detector.fingerprints.confusables import cased_lookalikes

_ARABIC = dict(zip("أإآٱؤیىېےئکہھەةۀۂ", "ااااويييييكهههههه", strict=True))
_KATAKANA = range(0x30A1, 0x30F7)
_TO_HIRAGANA = 0x60
_CHINESE = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x2A6E0))


@cache
def compared_letters() -> dict[int, str]:
    """A table for str.translate: small letters to the one of their kind that skeletons are written with."""
    kana = {code: chr(code - _TO_HIRAGANA) for code in _KATAKANA}
    return (
        cased_lookalikes()
        | {ord(source): letter for source, letter in _ARABIC.items()}
        | kana
        | _simplified()
    )


def _simplified() -> dict[int, str]:
    """Every character that has another form on the Chinese mainland to that form."""
    from opencc import OpenCC

    held = [chr(code) for block in _CHINESE for code in block]
    # One to a line: what a character becomes inside a word would depend on its neighbours.
    forms = OpenCC("t2s").convert("\n".join(held)).split("\n")
    return {ord(source): form for source, form in zip(held, forms, strict=True) if source != form}
