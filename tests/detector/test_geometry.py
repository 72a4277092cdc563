import numpy as np
import pytest
from PIL import Image, ImageOps

from detector.fingerprints.sift import LocalFeatures, sift_prints, unpacked
from detector.geometry import Judge


def features(image: Image.Image) -> tuple[LocalFeatures, LocalFeatures]:
    stored, asked = (unpacked(entry.value) for entry in sift_prints(np.asarray(image)))
    assert stored is not None
    assert asked is not None
    return stored, asked


def judged(asked: Image.Image, stored: Image.Image, *, inverted: bool = False):
    return Judge(features(asked)[1]).compare(features(stored)[0], inverted=inverted)


@pytest.mark.parametrize("degrees", [-60, -15, 0, 30, 90, 170])
def test_it_tells_by_how_much_a_copy_is_turned(photos: dict[str, Image.Image], degrees: int) -> None:
    photo = photos["china"]
    found = judged(photo.rotate(degrees, expand=True), photo)
    assert found is not None
    assert found.inliers > 40
    assert found.degrees == pytest.approx(degrees, abs=2)
    assert not found.mirrored
    assert found.look > 0.8


def test_it_tells_which_part_a_cutting_is(photos: dict[str, Image.Image]) -> None:
    photo = photos["china"]
    width, height = photo.size
    found = judged(photo.crop((0, 0, width // 2, height // 2)), photo)
    assert found is not None
    assert found.scale == pytest.approx(0.5, abs=0.03)
    assert found.stored_outline.max() < 0.53
    assert found.asked_outline.max() > 0.8


def test_it_tells_mirrored_and_inverted(photos: dict[str, Image.Image]) -> None:
    photo = photos["china"]
    mirrored = judged(ImageOps.mirror(photo), photo)
    assert mirrored is not None
    assert mirrored.mirrored
    assert mirrored.degrees == pytest.approx(0, abs=2)
    negative = judged(ImageOps.mirror(ImageOps.invert(photo)), photo, inverted=True)
    assert negative is not None
    assert (negative.mirrored, negative.inverted) == (True, True)
    assert negative.look > 0.9


def test_two_different_photographs_do_not_agree(photos: dict[str, Image.Image]) -> None:
    found = judged(photos["flower"], photos["china"], inverted=True)
    assert found is None or (found.inliers < 8 and found.look < 0.6)


def test_the_same_pictures_always_give_the_same_answer(photos: dict[str, Image.Image]) -> None:
    turned = photos["china"].rotate(20)
    first, second = judged(turned, photos["china"]), judged(turned, photos["china"])
    assert first is not None
    assert second is not None
    assert np.array_equal(first.matrix, second.matrix)
    assert (first.inliers, first.look) == (second.inliers, second.look)


def test_points_all_in_one_place_are_no_arrangement(photos: dict[str, Image.Image]) -> None:
    stored, asked = features(photos["china"])
    heaped = LocalFeatures(
        stored.width,
        stored.height,
        np.full_like(stored.places, 100),
        stored.scales,
        stored.angles,
        stored.descriptors,
        stored.look,
    )
    assert Judge(asked).compare(heaped) is None
