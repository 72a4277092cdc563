"""Taking bytes in: what is accepted, what is refused with which code, and that nothing stays behind."""

import hashlib
import io
import resource
import struct
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from provenance.assets.asset import Medium
from provenance.assets.intake import from_path, from_text, receive
from provenance.assets.limits import Limits
from provenance.errors import ProvenanceError, RejectedAsset

LIMITS = Limits()


def png(width: int, height: int, rows: int | None = None, *, ends: bool = True) -> bytes:
    """A one-bit PNG of the claimed size in a few KiB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    stride = b"\0" + bytes((width + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(stride) for _ in range(height if rows is None else rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", body)
        + (chunk(b"IEND", b"") if ends else b"")
    )


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture's bytes in a format."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def refused(content: bytes, folder: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(RejectedAsset) as caught:
        receive([content], "x", limits, folder)
    assert list(folder.iterdir()) == []
    return caught.value.code


def test_a_picture_is_taken_in_with_its_digest_size_and_type(jpeg: Path, tmp_path: Path) -> None:
    content = jpeg.read_bytes()
    asset = receive([content[:5], content[5:]], "../photo.png", LIMITS, tmp_path)
    assert asset.sha256 == hashlib.sha256(content).hexdigest()
    assert (asset.size, asset.media_type, asset.medium) == (len(content), "image/jpeg", Medium.IMAGE)
    assert asset.name == "photo.png"
    assert asset.path.read_bytes() == content
    assert asset.path.stat().st_mode & 0o777 == 0o600


def test_every_format_passes_the_structural_checks(media: dict[str, Path]) -> None:
    for path in media.values():
        assert from_path(path, LIMITS).size == path.stat().st_size


def test_every_public_sample_passes_the_structural_checks(shared: Path) -> None:
    for folder in ("media", "photos", "c2pa"):
        for path in (shared / "samples" / folder).iterdir():
            assert from_path(path, LIMITS).path == path


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refused(b"", tmp_path) == "empty_file"


def test_an_endless_body_without_a_length_is_cut_off_at_the_cap(tmp_path: Path) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b"x" * 1000

    with pytest.raises(RejectedAsset) as caught:
        receive(endless(), "x", Limits(max_bytes=10_000), tmp_path)
    assert caught.value.code == "too_large"
    assert sent == 11_000
    assert list(tmp_path.iterdir()) == []


def test_exactly_the_cap_is_accepted_and_one_byte_more_is_not(tmp_path: Path) -> None:
    assert receive([b"x" * 10], "x", Limits(max_bytes=10), tmp_path).size == 10
    (tmp_path / "sub").mkdir()
    assert refused(b"x" * 11, tmp_path / "sub", Limits(max_bytes=10)) == "too_large"


def test_a_sender_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        receive(broken(), "x", LIMITS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_169_megapixels_in_20_kilobytes_are_refused_without_decoding(tmp_path: Path) -> None:
    bomb = png(13_000, 13_000)
    assert len(bomb) < 40_000
    tracemalloc.start()
    try:
        assert refused(bomb, tmp_path) == "too_many_pixels"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_an_animation_of_too_many_frames_is_refused(kind: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), (index * 8, 255 - index * 8, index % 2 * 200)) for index in range(30)]
    film = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert refused(film, tmp_path, Limits(max_frames=20)) == "too_many_frames"
    assert receive([film], "x", Limits(max_frames=40), tmp_path).media_type == f"image/{kind.lower()}"


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp", "tiff", "avif", "heic", "wav"])
@pytest.mark.parametrize("share", [0.5, 0.98])
def test_a_truncated_file_is_refused_with_its_code(
    extension: str, share: float, media: dict[str, Path], tmp_path: Path
) -> None:
    content = media[extension].read_bytes()
    assert refused(content[: int(len(content) * share)], tmp_path) in ("truncated_file", "malformed_media")


def test_a_truncated_jpeg_is_refused_as_truncated(jpeg: Path, tmp_path: Path) -> None:
    content = jpeg.read_bytes()
    for length in (len(content) - 1, len(content) - 2, len(content) // 2, 3):
        assert refused(content[:length], tmp_path) == "truncated_file"


@pytest.mark.parametrize("size", [2, 7])
def test_a_box_shorter_than_its_header_is_refused(size: int, tmp_path: Path) -> None:
    ftyp = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
    assert refused(ftyp + struct.pack(">I", size) + b"moov" + b"\0" * 64, tmp_path) == "malformed_media"


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 1 << 62])
def test_a_box_of_impossible_length_is_refused_at_once(length: int, tmp_path: Path) -> None:
    ftyp = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
    started = time.monotonic()
    code = refused(ftyp + struct.pack(">I4sQ", 1, b"moov", length) + b"\0" * 64, tmp_path)
    assert code == "malformed_media"
    assert time.monotonic() - started < 1


def test_a_zero_length_box_swallows_the_rest_and_hides_the_index(tmp_path: Path) -> None:
    ftyp = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
    assert refused(ftyp + struct.pack(">I4s", 0, b"mdat") + b"\0" * 64, tmp_path) == "malformed_media"


def box(kind: bytes, content: bytes, length: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if length is None else length, kind) + content


@pytest.mark.parametrize("length", [0, 7, 1 << 31])
@pytest.mark.parametrize("around", [(), (b"trak",), (b"trak", b"mdia", b"minf", b"stbl")])
def test_a_box_of_impossible_length_inside_the_index_is_refused(
    length: int, around: tuple[bytes, ...], tmp_path: Path
) -> None:
    def recording(length: int | None) -> bytes:
        inner = box(b"stts", b"\0" * 8, length)
        for kind in reversed(around):
            inner = box(kind, inner)
        return b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + box(b"moov", inner) + box(b"mdat", b"\0" * 64)

    sound = tmp_path / "sound.mp4"
    sound.write_bytes(recording(None))
    assert from_path(sound, Limits()).media_type == "video/mp4"
    sound.unlink()
    assert refused(recording(length), tmp_path) == "malformed_media"


def test_an_index_nested_without_end_is_refused_at_once(tmp_path: Path) -> None:
    deep = b"".join(struct.pack(">I4s", 8 * (100_000 - depth), b"trak") for depth in range(100_000))
    started = time.monotonic()
    code = refused(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + box(b"moov", deep), tmp_path)
    assert code == "malformed_media"
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<rect onload='x()'/>",
        "<image href='http://127.0.0.1/x.png'/>",
        "<image xlink:href='//evil.example/x'/>",
        "<a href='javascript:alert(1)'>x</a>",
        "<rect style='fill:url(http://evil.example/#a)'/>",
        "<foreignObject><p/></foreignObject>",
    ],
)
def test_an_svg_with_active_content_is_refused(body: str, tmp_path: Path) -> None:
    root = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"
    assert refused(f"{root}{body}</svg>".encode(), tmp_path) == "active_content"


def test_an_svg_with_an_external_entity_is_refused(tmp_path: Path) -> None:
    entity = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    assert refused(f"{entity}<svg>&x;</svg>".encode(), tmp_path) == "active_content"


def test_an_svg_that_is_not_xml_is_refused(tmp_path: Path) -> None:
    assert refused(b"<svg><g></svg>", tmp_path) == "malformed_media"


@pytest.mark.parametrize("encoding", ["nTF-8", "utf-7", "rot13"])
def test_an_svg_in_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    assert refused(f"{head}<svg></svg>".encode(), tmp_path) == "malformed_media"


def test_text_that_turns_binary_after_the_head_is_no_text(tmp_path: Path) -> None:
    assert (
        receive([b"a" * 5000, b"\xff\xfe"], "x.txt", LIMITS, tmp_path).media_type
        == "application/octet-stream"
    )
    assert receive(["ä".encode() * 5000], "x.txt", LIMITS, tmp_path).media_type == "text/plain"


def test_a_text_is_taken_in_byte_for_byte(tmp_path: Path) -> None:
    asset = from_text("Grüße\r\n", "note", LIMITS, tmp_path)
    assert (asset.medium, asset.path.read_bytes()) == (Medium.TEXT, "Grüße\r\n".encode())


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedAsset) as caught:
        from_text("\ud800", "note", LIMITS, tmp_path)
    assert caught.value.code == "malformed_text"


def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RejectedAsset) as caught:
        from_path(tmp_path / "absent", LIMITS)
    assert caught.value.code == "unreadable_file"


def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ProvenanceError) as caught:
            receive([b"x" * 60_000] * 4, "x", LIMITS, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (caught.value.code, caught.value.permanent) == ("storage_full", False)
    assert list(tmp_path.iterdir()) == []
