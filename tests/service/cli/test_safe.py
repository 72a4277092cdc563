"""What strangers name their files cannot act on a terminal."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from service.cli.safe import json_line, safe

# Letters that are drawn as nothing.
FILLERS = "\u115f\u1160\u3164\uffa0"


@given(st.text())
def test_nothing_printed_can_act(text: str) -> None:
    shown = safe(text)
    joined = shown.replace("\u200c", "").replace("\u200d", "")
    assert not [c for c in joined if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]
    shown.encode()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"], exclude_characters=FILLERS)))
def test_harmless_text_is_left_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_marks_say_which_character_it_was() -> None:
    assert safe("a\x1b\u202e\U000e0041\n") == "a[U+001B][U+202E][U+E0041][U+000A]"


@given(st.dictionaries(st.text(), st.text()))
def test_a_json_line_is_one_line_of_ascii(value: dict[str, str]) -> None:
    line = json_line(value)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == value
