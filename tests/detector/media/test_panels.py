import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from detector.media.panels import MOST, panels


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def is_within(panel: np.ndarray, photo: Image.Image, off: int = 2) -> bool:
    """Whether it is the photo but for a few lines at its edges."""
    return abs(panel.shape[0] - photo.height) <= off and abs(panel.shape[1] - photo.width) <= off


@pytest.mark.parametrize("colour", ["white", "black", "#c02040"])
def test_a_border_comes_off_and_no_more_but_a_line_or_two(
    photos: dict[str, Image.Image], colour: str
) -> None:
    photo = photos["china"]
    (inner,) = panels(pixels(ImageOps.expand(photo, 40, colour)))
    assert is_within(inner, photo)


def test_a_letterbox_comes_off(photos: dict[str, Image.Image]) -> None:
    photo = photos["china"]
    boxed = Image.new("RGB", (photo.width, photo.height + 100))
    boxed.paste(photo, (0, 50))
    (inner,) = panels(pixels(boxed))
    assert is_within(inner, photo)


def test_a_picture_without_border_is_left_alone(photos: dict[str, Image.Image]) -> None:
    assert panels(pixels(photos["flower"])) == []


def test_the_pictures_of_a_page_are_told_apart_from_its_words(photos: dict[str, Image.Image]) -> None:
    first, second = (photos[name].resize((300, 200)) for name in ("china", "flower"))
    page = Image.new("RGB", (340, 640), "white")
    pen = ImageDraw.Draw(page)
    for line in (10, 30, 260, 600):
        pen.text((20, line), "words that nobody asks about", "black")
    page.paste(first, (20, 50))
    page.paste(second, (20, 320))
    found = panels(pixels(page))
    assert len(found) == 2
    assert all(is_within(panel, first) for panel in found)


def test_pictures_side_by_side_with_a_gap_are_told_apart(photos: dict[str, Image.Image]) -> None:
    left, right = (photos[name].resize((300, 200)) for name in ("china", "flower"))
    made = Image.new("RGB", (610, 200), "black")
    made.paste(left, (0, 0))
    made.paste(right, (310, 0))
    assert sorted(panel.shape[1] for panel in panels(pixels(made))) == [300, 300]


def test_no_more_panels_than_the_bound(photos: dict[str, Image.Image]) -> None:
    sheet = Image.new("RGB", (660, 660), "white")
    for number in range(9):
        sheet.paste(photos["china"].resize((200, 200)), (10 + 220 * (number % 3), 10 + 220 * (number // 3)))
    assert len(panels(pixels(sheet))) == MOST


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_a_plain_picture_of_any_size_has_no_panels(height: int, width: int, level: int) -> None:
    assert panels(np.full((height, width, 3), level, dtype=np.uint8)) == []


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_any_picture_gives_parts_of_itself(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 2, (height, width, 3), dtype=np.uint8) * 255
    for panel in panels(noise):
        assert panel.shape[0] * panel.shape[1] < height * width
        assert min(panel.shape[:2]) > 0
