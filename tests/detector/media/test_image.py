import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import MediaUnreadable
from detector.fingerprints.pdq import pdq_prints
from detector.media import image
from detector.media.image import CANONICAL_SIDE, ImageLimits, canonical_rgb


def distance(first: Path, second: Path) -> int:
    values = [np.frombuffer(pdq_prints(canonical_rgb(path))[0].value, np.uint8) for path in (first, second)]
    return int(np.bitwise_count(values[0] ^ values[1]).sum())


def code_of(path: Path, **limits: int) -> str:
    with pytest.raises(MediaUnreadable) as caught:
        canonical_rgb(path, ImageLimits(**limits))
    assert caught.value.permanent
    return caught.value.code


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def test_large_pictures_are_decoded_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "LARGE_PIXELS", 399)
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    Image.new("RGB", (20, 20)).save(large)
    Image.new("RGB", (10, 10)).save(small)
    with ThreadPoolExecutor(2) as threads:
        with image._LARGE:
            waiting = threads.submit(canonical_rgb, large)
            assert threads.submit(canonical_rgb, small).result(20).shape == (10, 10, 3)
            assert not waiting.done()
        assert waiting.result(20).shape == (20, 20, 3)


def test_a_large_picture_of_single_bits_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fax.png"
    Image.new("1", (2 * CANONICAL_SIDE, 2 * CANONICAL_SIDE), 1).save(path)
    pixels = canonical_rgb(path)
    assert pixels.shape == (CANONICAL_SIDE, CANONICAL_SIDE, 3)
    assert pixels.min() == 255


@pytest.mark.parametrize("side", [13_000, 30_000, 2_000_000])
def test_a_picture_that_claims_too_many_pixels_is_refused_from_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(side, side))
    assert code_of(path) == "too_many_pixels"


def test_the_pixel_limit_is_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    Image.new("RGB", (20, 20)).save(path)
    assert code_of(path, max_pixels=399) == "too_many_pixels"
    assert canonical_rgb(path, ImageLimits(max_pixels=400)).shape == (20, 20, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_a_truncated_picture_is_refused_with_a_code(
    tmp_path: Path, photos: dict[str, Image.Image], kind: str
) -> None:
    whole = io.BytesIO()
    photos["china"].save(whole, kind)
    path = tmp_path / "cut"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    assert code_of(path) in {"truncated_file", "unreadable_image"}


def test_a_truncated_jpeg_is_refused_with_its_code(tmp_path: Path, photos: dict[str, Image.Image]) -> None:
    whole = io.BytesIO()
    photos["china"].save(whole, "JPEG")
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole.getvalue()[:20_000])
    assert code_of(path) == "truncated_file"


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP"])
def test_bytes_that_are_no_picture_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert code_of(path) in {"unreadable_image", "truncated_file"}


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nothing") == "unreadable_image"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_gives_the_upright_picture(
    tmp_path: Path, photos: dict[str, Image.Image], orientation: int
) -> None:
    upright = photos["china"]
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    upright.save(tmp_path / "upright.png")
    assert canonical_rgb(tmp_path / "turned.jpg").shape == canonical_rgb(tmp_path / "upright.png").shape
    assert distance(tmp_path / "turned.jpg", tmp_path / "upright.png") <= 4


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("L", "PNG"),
        ("LA", "PNG"),
        ("P", "GIF"),
    ],
)
def test_every_colour_mode_gives_the_same_fingerprint_as_rgb(
    tmp_path: Path, photos: dict[str, Image.Image], mode: str, kind: str
) -> None:
    photos["china"].save(tmp_path / "plain.png")
    photos["china"].convert(mode).save(tmp_path / "other", kind)
    assert distance(tmp_path / "plain.png", tmp_path / "other") <= 14


def test_sixteen_bit_grey_keeps_its_picture(tmp_path: Path, photos: dict[str, Image.Image]) -> None:
    photos["china"].save(tmp_path / "plain.png")
    grey = np.asarray(photos["china"].convert("L")).astype(np.uint16) << 8
    Image.fromarray(grey).save(tmp_path / "deep.png")
    assert distance(tmp_path / "plain.png", tmp_path / "deep.png") <= 6


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "WEBP"])
def test_modern_formats_give_the_same_fingerprint(
    tmp_path: Path, photos: dict[str, Image.Image], kind: str
) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    photos["flower"].save(tmp_path / "plain.png")
    photos["flower"].save(tmp_path / "other", kind)
    assert distance(tmp_path / "plain.png", tmp_path / "other") <= 10


def test_transparent_pixels_become_white(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (canonical_rgb(tmp_path / "clear.png") == 255).all()


def test_an_animation_counts_by_its_first_frame(tmp_path: Path, photos: dict[str, Image.Image]) -> None:
    photos["china"].save(tmp_path / "still.gif")
    photos["china"].save(tmp_path / "moving.gif", save_all=True, append_images=[photos["flower"]])
    assert distance(tmp_path / "still.gif", tmp_path / "moving.gif") == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (20_000, 10), (10, 20_000)])
def test_odd_sizes_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "odd.png"
    Image.new("RGB", size, (10, 20, 30)).save(path)
    pixels = canonical_rgb(path)
    assert pixels.shape == (size[1], size[0], 3)
    assert pdq_prints(pixels)[0].quality == 0


def test_large_pictures_are_reduced_and_keep_their_fingerprint(
    tmp_path: Path, photos: dict[str, Image.Image]
) -> None:
    large = photos["china"].resize((3200, 2135), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.png", compress_level=1)
    large.save(tmp_path / "large.jpg", quality=92)
    photos["china"].save(tmp_path / "small.png")
    for name in ("large.png", "large.jpg"):
        pixels = canonical_rgb(tmp_path / name)
        assert CANONICAL_SIDE <= min(pixels.shape[:2]) < 2 * CANONICAL_SIDE
        assert distance(tmp_path / name, tmp_path / "small.png") <= 20
