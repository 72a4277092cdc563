"""A small, upright picture of the picture, without its metadata."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.media.image import canonical_rgb
from detector.media.thumbnail import LONG_SIDE, MAX_BYTES, thumbnail


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (5000, 1), (255, 256), (257, 256), (1024, 1536), (768, 769)]
)
def test_a_thumbnail_is_small_whatever_the_shape(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    content = thumbnail(pixels)
    image = opened(content)
    assert image.format == "JPEG"
    assert max(image.size) <= LONG_SIDE
    assert len(content) <= MAX_BYTES


def test_a_thumbnail_looks_like_its_picture(photo: Path) -> None:
    pixels = canonical_rgb(photo)
    small = opened(thumbnail(pixels))
    full = Image.fromarray(pixels).resize(small.size, Image.Resampling.BOX)
    made, wanted = np.asarray(small, dtype=int), np.asarray(full, dtype=int)
    assert np.abs(made - wanted).mean() < 14 < 28 < np.abs(made[::-1] - wanted).mean()
    assert small.width / small.height == pytest.approx(pixels.shape[1] / pixels.shape[0], rel=0.02)


def test_a_thumbnail_is_upright_and_tells_nothing_else(tmp_path: Path) -> None:
    lying = Image.new("RGB", (600, 300), "red")
    lying.paste("blue", (0, 0, 300, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "somebody"
    lying.save(tmp_path / "lying.jpg", exif=exif)
    image = opened(thumbnail(canonical_rgb(tmp_path / "lying.jpg")))
    assert image.height == 2 * image.width
    assert image.getpixel((10, 10))[2] > 200
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_of_a_large_picture_only_every_other_line_is_read() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (2048, 1536, 3), dtype=np.uint8)
    other = pixels.copy()
    other[1::2] = 0
    assert thumbnail(other) == thumbnail(pixels)
    other[::2] = 0
    assert thumbnail(other) != thumbnail(pixels)
