from pathlib import Path

import pytest

from detector.errors import MediaUnreadable
from detector.media.text import read_text

WORDS = "Grüße, мир, 你好, नमस्ते"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "words.txt"
    words = WORDS if encoding not in {"utf-16-le", "utf-16-be"} else "plain words without a mark"
    path.write_bytes(words.encode(encoding))
    assert read_text(path) == words


def test_a_character_cut_at_the_limit_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes("aé".encode())
    assert read_text(path, 2) == "a"


def test_latin_bytes_fall_back(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes("café costs 5 €".encode("cp1252"))
    assert read_text(path) == "café costs 5 €"


def test_binary_is_refused_as_text(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"a\0bc\0d\0\0e" * 20)
    with pytest.raises(MediaUnreadable) as caught:
        read_text(path)
    assert caught.value.code == "unreadable_text"


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.touch()
    assert read_text(path) == ""
