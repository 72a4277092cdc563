import numpy as np
import pytest
from PIL import Image

from detector.fingerprints import sift
from detector.fingerprints.sift import LocalFeatures, sift_prints, unpacked


def asked(pixels: np.ndarray) -> LocalFeatures:
    found = unpacked(sift_prints(np.ascontiguousarray(pixels))[1].value)
    assert found is not None
    return found


def agreeing(made: LocalFeatures, computed: LocalFeatures) -> float:
    """The share of points that the other has too: same place, scale, angle and descriptor."""
    found = 0
    for place, scale, angle, row in zip(made.places, made.scales, made.angles, made.descriptors, strict=True):
        near = np.abs(computed.places - place).max(axis=1) < 1
        near &= np.abs(np.log2(computed.scales / scale)) < 0.1
        near &= np.cos(computed.angles - angle) > 0.99
        found += bool(near.any()) and float((computed.descriptors[near] @ row).max()) > 0.98
    return found / len(made)


@pytest.fixture(scope="module")
def photo(photos: dict[str, Image.Image]) -> np.ndarray:
    return np.asarray(photos["china"].resize((320, 213)))


def test_features_of_the_mirrored_picture_are_a_permutation_of_its_own(photo: np.ndarray) -> None:
    assert agreeing(asked(photo).mirrored(), asked(photo[:, ::-1])) > 0.8
    assert agreeing(asked(photo), asked(photo[:, ::-1])) < 0.1


def test_features_of_the_negative_are_a_permutation_of_its_own(photo: np.ndarray) -> None:
    assert agreeing(asked(photo).inverted(), asked(255 - photo)) > 0.9
    assert agreeing(asked(photo), asked(255 - photo)) < 0.1


def test_turning_round_twice_changes_nothing(photo: np.ndarray) -> None:
    plain = asked(photo)
    for view in (plain.mirrored().mirrored(), plain.inverted().inverted()):
        assert np.allclose(view.places, plain.places, atol=1e-3)
        assert np.array_equal(view.descriptors, plain.descriptors)
        assert np.allclose(np.cos(view.angles - plain.angles), 1, atol=1e-5)


def test_what_is_stored_is_bounded_and_spread_over_the_picture(photo: np.ndarray) -> None:
    stored, more = sift_prints(photo)
    assert len(stored.value) <= 42_000
    held, all_of_them = unpacked(stored.value), unpacked(more.value)
    assert held is not None
    assert all_of_them is not None
    assert len(held) <= sift.MOST_STORED < len(all_of_them) <= sift.MOST_ASKED
    quarters = {(x > held.width / 2, y > held.height / 2) for x, y in held.places}
    assert len(quarters) == 4


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 2_000), (64, 64)])
def test_a_plain_picture_of_any_size_has_no_features(size: tuple[int, int]) -> None:
    assert sift_prints(np.full((size[1], size[0], 3), 200, dtype=np.uint8)) == ()


@pytest.mark.parametrize("value", [b"", b"\0" * 4, b"\0" * 1028, b"\0" * 5000, b"\0" * (1028 + 134 * 401)])
def test_a_value_of_another_length_is_none(value: bytes) -> None:
    assert unpacked(value) is None
