"""File names from strangers become labels that do no harm."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.assets.label import FALLBACK, MAX_CHARACTERS, label, visible


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("photo\0.jpg", "photo[U+0000].jpg"),
        ("gpj.\u202eexe.jpg", "gpj.[U+202E]exe.jpg"),
        ("a\r\nSet-Cookie: x.png", "a[U+000D][U+000A]Set-Cookie: x.png"),
        ("  spaced   out .png ", "spaced out .png"),
        ("..", FALLBACK),
        ("", FALLBACK),
        ("/", FALLBACK),
        ("\u200b\u200d", "[U+200B][U+200D]"),
        ("<script>alert(1)<", "<script>alert(1)<"),
    ],
)
def test_a_hostile_name_becomes_a_harmless_label(name: str, expected: str) -> None:
    assert label(name) == expected


def test_a_name_of_four_kilobytes_is_cut_and_keeps_its_extension() -> None:
    cut = label("x" * 4096 + ".jpg")
    assert len(cut) == MAX_CHARACTERS
    assert cut.endswith("x….jpg")


def acting(text: str) -> list[str]:
    """What is invisible or acts, joiners in their place excepted."""
    kinds = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in kinds and c not in "\u200c\u200d"]


@given(st.text(alphabet=st.characters(), max_size=600))
def test_any_name_gives_a_short_printable_label_without_a_path(name: str) -> None:
    made = label(name)
    assert 0 < len(made) <= MAX_CHARACTERS
    assert not set(made) & {"/", "\\", "\0", "\n", "\r"}
    assert not acting(made)
    assert label(made) == made


def test_public_hostile_strings_are_all_tamed(shared: Path) -> None:
    for path in (shared / "vectors" / "hostile-strings" / "attacks").glob("*.attack"):
        for line in path.read_text(errors="replace").splitlines():
            assert 0 < len(label(line)) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice\u202egpj.exe", "invoice[U+202E]gpj.exe"),
        ("pay\u200bpal", "pay[U+200B]pal"),
        ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
        ("Escape\x1b[31mred", "Escape[U+001B][31mred"),
        ("  two\nlines\t here \r\n", "two[U+000A]lines  here"),
        ("\u3164", "[U+3164]"),
        ("a\u200db", "a[U+200D]b"),
        ("x\ufe0f\ufe0f", "x[U+FE0F][U+FE0F]"),
        ("a\U000e0041", "a[U+E0041]"),
        ("half \ud800 pair", "half [U+D800] pair"),
    ],
)
def test_what_hides_or_acts_is_marked(text: str, shown: str) -> None:
    assert visible(text, 300) == shown


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937",  # Devanagari
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\U0001f469\U0001f3fd\u200d\U0001f680",  # an astronaut
        "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
        "1\ufe0f\u20e3",  # a keycap
        "\u845b\U000e0100",  # a variant of a Han character
        "<b>\u00e9t\u00e9</b> 写真 \u0645\u0631\u062d\u0628\u0627",
    ],
)
def test_what_belongs_to_writing_stays(text: str) -> None:
    assert visible(text, 300) == text


def test_a_long_text_is_cut_between_marks() -> None:
    assert visible("x" * 400, 300) == "x" * 299 + "…"
    assert visible("x" * 10 + "\u202e" * 9, 24) == "x" * 10 + "[U+202E]" + "…"


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(8, 300))
def test_any_text_is_shown_short_and_once(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert len(shown) <= limit
    assert not acting(shown)
    assert visible(shown, limit) == shown


JOINERS = st.text(
    alphabet="\u200c\u200d\u094d\u0915\u0645\u0640\u0301\u200b\ufe0f\U0001f469\U0001f3fda[", max_size=12
)


@given(JOINERS)
def test_marking_again_changes_nothing_around_joiners(text: str) -> None:
    assert visible(visible(text, 300), 300) == visible(text, 300)
    assert label(label(text)) == label(text)
