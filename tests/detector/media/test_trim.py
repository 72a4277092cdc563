import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from detector.media.trim import trimmed


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


@pytest.mark.parametrize("colour", ["white", "black", "#c02040"])
def test_a_border_comes_off_and_nothing_else(photos: dict[str, Image.Image], colour: str) -> None:
    photo = photos["china"]
    inner = trimmed(pixels(ImageOps.expand(photo, 40, colour)))
    assert inner is not None
    assert np.array_equal(inner, pixels(photo))


def test_a_letterbox_comes_off(photos: dict[str, Image.Image]) -> None:
    photo = photos["china"]
    boxed = Image.new("RGB", (photo.width, photo.height + 100))
    boxed.paste(photo, (0, 50))
    inner = trimmed(pixels(boxed))
    assert inner is not None
    assert abs(inner.shape[0] - photo.height) <= 2


def test_a_picture_without_border_is_left_alone(photos: dict[str, Image.Image]) -> None:
    assert trimmed(pixels(photos["china"])) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_a_plain_picture_of_any_size_has_no_border(height: int, width: int, level: int) -> None:
    assert trimmed(np.full((height, width, 3), level, dtype=np.uint8)) is None
