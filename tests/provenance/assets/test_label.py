"""File names from strangers become labels that do no harm."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.assets.label import FALLBACK, MAX_CHARACTERS, label


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("photo\0.jpg", "photo.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("  spaced   out .png ", "spaced out .png"),
        ("..", FALLBACK),
        ("", FALLBACK),
        ("/", FALLBACK),
        ("\u200b\u200d", FALLBACK),
        ("<script>alert(1)<", "<script>alert(1)<"),
    ],
)
def test_a_hostile_name_becomes_a_harmless_label(name: str, expected: str) -> None:
    assert label(name) == expected


def test_a_name_of_four_kilobytes_is_cut_and_keeps_its_extension() -> None:
    cut = label("x" * 4096 + ".jpg")
    assert len(cut) == MAX_CHARACTERS
    assert cut.endswith("x.jpg")


@given(st.text(alphabet=st.characters(), max_size=600))
def test_any_name_gives_a_short_printable_label_without_a_path(name: str) -> None:
    made = label(name)
    assert 0 < len(made) <= MAX_CHARACTERS
    assert not set(made) & {"/", "\\", "\0", "\n", "\r"}
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in made)
    assert label(made) == made


def test_public_hostile_strings_are_all_tamed(shared: Path) -> None:
    for path in (shared / "vectors" / "hostile-strings" / "attacks").glob("*.attack"):
        for line in path.read_text(errors="replace").splitlines():
            assert 0 < len(label(line)) <= MAX_CHARACTERS
