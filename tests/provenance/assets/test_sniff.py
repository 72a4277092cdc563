"""Types are told by content, never by name."""

from pathlib import Path

import pytest

from provenance.assets.asset import Medium
from provenance.assets.sniff import sniff

EXPECTED = {
    "jpg": ("image/jpeg", Medium.IMAGE),
    "png": ("image/png", Medium.IMAGE),
    "webp": ("image/webp", Medium.IMAGE),
    "gif": ("image/gif", Medium.IMAGE),
    "tiff": ("image/tiff", Medium.IMAGE),
    "avif": ("image/avif", Medium.IMAGE),
    "heic": ("image/heic", Medium.IMAGE),
    "svg": ("image/svg+xml", Medium.IMAGE),
    "wav": ("audio/wav", Medium.AUDIO),
    "mp3": ("audio/mpeg", Medium.AUDIO),
    "flac": ("audio/flac", Medium.AUDIO),
    "m4a": ("audio/mp4", Medium.AUDIO),
    "mp4": ("video/mp4", Medium.VIDEO),
    "mov": ("video/quicktime", Medium.VIDEO),
    "pdf": ("application/pdf", Medium.DOCUMENT),
    "txt": ("text/plain", Medium.TEXT),
}


@pytest.mark.parametrize("extension", EXPECTED)
def test_each_format_is_told_by_its_content_under_a_false_name(
    extension: str, media: dict[str, Path]
) -> None:
    head = media[extension].read_bytes()[:4096]
    assert sniff(head, "holiday.exe") == EXPECTED[extension]


def test_public_samples_are_told_by_their_content(shared: Path) -> None:
    for path in (shared / "samples" / "media").iterdir():
        extension = path.suffix[1:]
        if extension in EXPECTED:
            assert sniff(path.read_bytes()[:4096], "x")[0] == EXPECTED[extension][0], path.name


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"", "application/octet-stream"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"MZ\x90\x00", "application/octet-stream"),
        (b"\xff\xfe\x00\x00", "application/octet-stream"),
        ("schön".encode(), "text/plain"),
        ("schön".encode("latin-1"), "application/octet-stream"),
        (b"<!doctype html><svg>", "text/plain"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- x --><svg >", "image/svg+xml"),
    ],
)
def test_borderline_heads_are_typed_conservatively(head: bytes, media_type: str) -> None:
    assert sniff(head, "x.jpg")[0] == media_type


def test_a_head_that_ends_inside_a_character_is_still_text() -> None:
    assert sniff(("a" * 4095 + "é").encode()[:4096], "")[0] == "text/plain"
