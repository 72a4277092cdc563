"""Where a picture was taken never reaches the public copy, and nothing else of it changes."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from provenance.assets.private.strip import strip, strip_file
from provenance.assets.sniff import sniff
from provenance.errors import RejectedAsset
from tests.provenance.assets.private.conftest import CREDIT, SECRETS, XMP, Picture, exif_block

WITH_XMP = {
    "JPEG": {"xmp": XMP},
    "PNG": {},
    "WEBP": {"xmp": XMP},
    "AVIF": {"xmp": XMP},
    "HEIF": {"xmp": XMP},
    "TIFF": {"exif": exif_block(xmp=XMP)},
    "GIF": {},
}
CARRIERS = sorted(set(WITH_XMP) - {"GIF"})


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def secrets_in(content: bytes) -> list[bytes]:
    return [secret for secret in SECRETS if secret in content]


@pytest.mark.parametrize("kind", CARRIERS)
def test_no_byte_of_the_position_or_the_owner_is_left_in_any_format(kind: str, picture: Picture) -> None:
    content = picture(kind, **WITH_XMP[kind])
    media_type = sniff(content, "")[0]
    assert len(secrets_in(content)) >= 6
    done = strip(content, media_type)
    assert secrets_in(done.data) == []
    assert {"GPS position", "camera serial number", "owner's name", "maker note", "user comment"} <= set(
        done.removed
    )
    assert len(done.data) == len(content)
    assert (pixels(done.data) == pixels(content)).all()
    assert strip(done.data, media_type) == type(done)(done.data, ())


@pytest.mark.parametrize("kind", CARRIERS)
def test_credit_orientation_and_date_stay(kind: str, picture: Picture) -> None:
    content = picture(kind, **WITH_XMP[kind])
    done = strip(content, sniff(content, "")[0]).data
    for credit in CREDIT:
        assert done.count(credit) == content.count(credit) > 0
    with Image.open(io.BytesIO(done)) as image:
        exif = image.getexif()
        assert exif.get_ifd(0x8769)[0x9003] == "2026:11:23 10:00:00"
        assert 0x8825 not in exif
        if kind != "HEIF":  # pillow-heif turns the picture itself
            assert exif[0x0112] == 6


def test_a_file_is_blanked_in_place_and_a_clean_one_is_not_written(picture: Picture, tmp_path: Path) -> None:
    content = picture("JPEG", xmp=XMP)
    path = tmp_path / "copy.jpg"
    path.write_bytes(content)
    assert strip_file(path, "image/jpeg") == strip(content, "image/jpeg").removed
    assert path.read_bytes() == strip(content, "image/jpeg").data
    stamp = path.stat().st_mtime_ns
    assert strip_file(path, "image/jpeg") == ()
    assert path.stat().st_mtime_ns == stamp


def test_a_type_that_holds_no_such_thing_comes_back_as_it_is() -> None:
    assert strip(b"GPS 48 N", "text/plain").data == b"GPS 48 N"


def test_a_manifest_in_the_file_is_not_altered(shared: Path) -> None:
    for path in sorted((shared / "samples" / "c2pa").glob("*.jpg")):
        content = path.read_bytes()
        done = strip(content, "image/jpeg").data
        for at in _manifest_segments(content):
            assert done[at] == content[at]


def _manifest_segments(content: bytes) -> list[slice]:
    found, at = [], 2
    while content[at + 1] != 0xDA:
        size = int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1] == 0xEB:
            found.append(slice(at, at + 2 + size))
        at += 2 + size
    return found


@pytest.mark.parametrize("folder", ["media", "c2pa"])
def test_real_files_keep_their_length_and_pixels(shared: Path, folder: str) -> None:
    for path in sorted((shared / "samples" / folder).iterdir()):
        content = path.read_bytes()
        media_type, medium = sniff(content, "")
        done = strip(content, media_type)
        assert len(done.data) == len(content)
        assert strip(done.data, media_type).removed == ()
        if medium == "image" and media_type != "image/svg+xml" and done.removed:
            assert (pixels(done.data) == pixels(content)).all(), path.name


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from(["JPEG", "TIFF", "WEBP", "PNG"]),
)
def test_a_damaged_file_is_refused_or_blanked_but_never_breaks(
    flips: list[tuple[int, int]], kind: str
) -> None:
    image, out = Image.new("RGB", (8, 8), "red"), io.BytesIO()
    image.save(out, kind, exif=exif_block(), **({"xmp": XMP} if kind in ("JPEG", "WEBP") else {}))
    content = bytearray(out.getvalue())
    for at, value in flips:
        content[12 + at % (len(content) - 12)] = value
    try:
        done = strip(bytes(content), f"image/{kind.lower()}")
    except RejectedAsset:
        return
    assert len(done.data) == len(content)
    again = strip(done.data, f"image/{kind.lower()}")
    assert again.data == done.data


def jpeg_with(block: bytes, behind: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "blue").save(out, "JPEG")
    plain = out.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block
    return plain[:2] + segment + plain[2:] + behind


@pytest.mark.parametrize(
    "block",
    [
        # A directory that points to itself, one far outside, no directory, no header, a value over a table.
        b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0SERIAL-4711",
        b"II*\0\xff\xff\xff\x7fSERIAL-4711",
        b"II*\0\0\0\0\0SERIAL-4711",
        b"garbage SERIAL-4711",
        b"II*\0\x08\0\0\0\x01\0\x3b\x01\x02\0\x20\0\0\0\x00\0\0\0\0\0\0\0SERIAL-4711" + bytes(40),
    ],
)
def test_exif_that_cannot_be_walked_safely_goes_whole(block: bytes) -> None:
    done = strip(jpeg_with(block), "image/jpeg")
    assert b"SERIAL" not in done.data
    assert done.removed == ("EXIF data that cannot be read",)
    with Image.open(io.BytesIO(done.data)) as image:
        assert not image.getexif()


def test_a_block_that_is_blanked_whole_keeps_the_picture_upright() -> None:
    block = bytearray(exif_block(8).removeprefix(b"Exif\0\0"))
    at = block.index(struct.pack(">H", 0x8769))
    block[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    done = strip(jpeg_with(bytes(block)), "image/jpeg")
    assert secrets_in(done.data) == []
    with Image.open(io.BytesIO(done.data)) as image:
        assert dict(image.getexif()) == {0x0112: 8}


def test_a_harmless_entry_over_a_private_value_does_not_save_it() -> None:
    block = bytearray(exif_block().removeprefix(b"Exif\0\0"))
    artist = block.index(struct.pack(">H", 0x013B))
    serial = block.index(b"SERIAL-4711")
    block[artist + 8 : artist + 12] = struct.pack(">I", serial)
    done = strip(jpeg_with(bytes(block)), "image/jpeg")
    assert secrets_in(done.data) == []


def test_what_hangs_behind_a_picture_is_gone_through() -> None:
    inner = jpeg_with(exif_block().removeprefix(b"Exif\0\0"))
    content = jpeg_with(b"II*\0\x08\0\0\0\0\0\0\0\0\0", b"JUNK SERIAL-4711" + inner + b"TAIL SERIAL-4711")
    done = strip(content, "image/jpeg")
    assert secrets_in(done.data) == []
    assert "data behind the end of the picture" in done.removed
    start = content.index(inner)
    assert (pixels(done.data[start:]) == pixels(inner)).all()


def test_a_damaged_mark_of_an_exif_block_changes_nothing() -> None:
    content = jpeg_with(exif_block().removeprefix(b"Exif\0\0")).replace(b"Exif\0\0", b"Exif\0\xff", 1)
    done = strip(content, "image/jpeg")
    assert secrets_in(done.data) == []
    assert strip(done.data, "image/jpeg").removed == ()


def test_a_packet_of_a_tiff_may_not_lie_over_its_pixels(picture: Picture) -> None:
    content = picture("TIFF", exif=exif_block(xmp=XMP))
    entry = content.index(struct.pack("<HH", 0x02BC, 1)) if content[:1] == b"I" else -1
    assert entry > 0
    spread = bytearray(content)
    spread[entry + 4 : entry + 12] = struct.pack("<II", len(content) - 8, 8)
    with pytest.raises(RejectedAsset):
        strip(bytes(spread), "image/tiff")
