"""Audio and video containers are told by their structure; what only looks like one is not taken for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.assets.asset import Medium
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.assets.sniff import sniff
from provenance.assets.streams import stream_type

Make = Callable[[str, str], Path]
UNKNOWN = ("application/octet-stream", Medium.OTHER)


def ogg_page(body: bytes, *, first: bool = True) -> bytes:
    return b"OggS\0" + bytes([2 if first else 0]) + bytes(20) + bytes([1, len(body)]) + body


@pytest.mark.parametrize(
    ("suffix", "codec", "media_type"),
    [
        ("ogg", "vorbis", "audio/ogg"),
        ("opus", "libopus", "audio/ogg"),
        ("oga", "flac", "audio/ogg"),
        ("webm", "libvpx", "video/webm"),
        ("webm", "libopus", "video/webm"),
        ("mkv", "ffv1", "video/matroska"),
        ("mka", "flac", "video/matroska"),
        ("avi", "mpeg4", "video/x-msvideo"),
        ("aiff", "pcm_s16be", "audio/x-aiff"),
        ("aac", "aac", "audio/aac"),
        ("ts", "mpeg2video", "video/mp2t"),
        ("m2ts", "mpeg2video", "video/mp2t"),
    ],
)
def test_each_container_is_told_by_its_content(
    encoded: Make, suffix: str, codec: str, media_type: str
) -> None:
    path = encoded(suffix, codec)
    assert sniff(path.read_bytes()[:4096], "holiday.exe") == (media_type, Medium(media_type[:5]))
    assert from_path(path, Limits()).media_type == media_type


def test_pictures_anywhere_among_the_streams_make_an_ogg_file_a_video() -> None:
    sound, pictures = ogg_page(b"\x01vorbis" + bytes(23)), ogg_page(b"\x80theora" + bytes(35))
    assert sniff(sound + pictures, "")[0] == "video/ogg"
    assert sniff(pictures + sound, "")[0] == "video/ogg"
    assert sniff(sound + ogg_page(b"\x80theora" + bytes(35), first=False), "")[0] == "audio/ogg"
    assert sniff(ogg_page(b"fishead\0" + bytes(56)) + sound, "")[0] == "audio/ogg"


@pytest.mark.parametrize(
    "head",
    [
        b"OggS\0",
        ogg_page(b"\x7fNOBODY" + bytes(20)),
        ogg_page(b"\x01vorbis", first=False),
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x84\x42\x82\x81x",
        b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff\x00\x00",
        b"\x1a\x45\xdf\xa3\x80\x42\x82\x84webm",
        b"RIFF\x10\0\0\0AVIX\0\0\0\0",
        b"FORM\0\0\0\x0c8SVX\0\0\0\0",
        b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(200),
        b"\xff\xf1\x50\x80\x00\x1f\xfc" + bytes(200),
        b"\xff\xf1",
        (b"G" + bytes(187)) * 4,
        b"G" + bytes(900),
    ],
)
def test_what_only_begins_like_a_container_stays_unknown(head: bytes) -> None:
    assert sniff(head, "") == UNKNOWN


def test_a_text_with_a_letter_at_every_packet_is_a_text() -> None:
    text = (b"G" + b"o" * 187) * 6
    assert stream_type(text) == "video/mp2t"
    assert sniff(text, "")[0] == "text/plain"


def test_any_cut_of_a_head_is_told_or_unknown(encoded: Make) -> None:
    for suffix, codec in (("webm", "libvpx"), ("ogg", "vorbis"), ("aac", "aac"), ("ts", "mpeg2video")):
        head = encoded(suffix, codec).read_bytes()[:4096]
        whole = sniff(head, "")
        assert {sniff(head[:length], "") for length in range(1, 400)} <= {
            whole,
            UNKNOWN,
            ("text/plain", Medium.TEXT),
        }


@given(
    mark=st.sampled_from([b"OggS\0\2", b"\x1a\x45\xdf\xa3", b"RIFF", b"FORM", b"\xff\xf1", b"G"]),
    rest=st.binary(max_size=300),
    times=st.integers(1, 15),
)
def test_whatever_follows_a_mark_is_told_or_unknown(mark: bytes, rest: bytes, times: int) -> None:
    media_type, medium = sniff((mark + rest) * times, "")
    assert medium in (Medium.AUDIO, Medium.VIDEO, Medium.OTHER, Medium.TEXT, Medium.IMAGE)
    assert "/" in media_type
