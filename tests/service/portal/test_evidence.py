"""The names of the downloads, and the line that verifies them."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.models import StoredAsset
from service.models import Submission
from service.portal.evidence import command_line, download_names


def submission(title: str, media_type: str = "image/jpeg", embedded: bool = True) -> Submission:
    return Submission(
        title=title, embedded=embedded, asset=StoredAsset(media_type=media_type, name="private.jpg")
    )


@pytest.mark.parametrize(
    ("title", "media_type", "embedded", "name"),
    [
        ("A temple", "image/jpeg", True, "A temple.signed.jpg"),
        ("china.jpeg", "image/jpeg", True, "china.signed.jpeg"),
        ("CHINA.JPG", "image/jpeg", True, "CHINA.signed.JPG"),
        ("holiday.exe", "image/jpeg", True, "holiday.exe.signed.jpg"),
        ("v1.2", "image/png", True, "v1.2.signed.png"),
        ("notes.txt", "text/plain", False, "notes.txt"),
        ("a clip", "audio/wav", True, "a clip.signed.wav"),
        ("something", "application/x-unheard-of", False, "something.bin"),
    ],
)
def test_a_download_is_called_by_its_title_and_what_it_is(
    title: str, media_type: str, embedded: bool, name: str
) -> None:
    assert download_names(submission(title, media_type, embedded)).signed == name


@given(st.text(max_size=300))
def test_the_command_line_names_exactly_the_two_downloads(title: str) -> None:
    names = download_names(submission(title))
    words = shlex.split(command_line(names))
    assert words[:2] == ["./assay", "verify"]
    assert [word.removeprefix("./") for word in (words[2], words[4])] == [names.signed, names.proof]
    assert not words[2].startswith("-")
    assert "/" not in names.signed
    assert "\x00" not in names.signed
