"""pdqhash is the oracle: the same bits, view by view, but where two coefficients are equal to a hair."""

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from detector.fingerprints.pdq_hashing import dihedral


def differing(pixels: np.ndarray) -> tuple[list[int], int]:
    ours, quality = dihedral(pixels)
    theirs, their_quality = pdqhash.compute_dihedral(np.ascontiguousarray(pixels))
    return (ours != np.array(theirs)).sum(axis=1).tolist(), quality - int(their_quality)


@pytest.mark.parametrize("size", [(640, 427), (1500, 1000), (97, 300), (64, 64), (20, 2000)])
@pytest.mark.parametrize("name", ["china", "flower"])
def test_photographs_have_the_hashes_that_pdqhash_gives_them(
    photos: dict[str, Image.Image], name: str, size: tuple[int, int]
) -> None:
    bits, quality = differing(np.asarray(photos[name].resize(size)))
    assert max(bits) <= 1
    assert abs(quality) <= 1


@settings(max_examples=30)
@given(height=st.integers(1, 200), width=st.integers(1, 200), seed=st.integers(0, 9))
def test_pictures_of_any_size_have_the_hashes_that_pdqhash_gives_them(
    height: int, width: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    bits, quality = differing(pixels)
    assert max(bits) <= 2
    assert abs(quality) <= 1


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 20_000), (300, 300)])
def test_a_picture_of_one_colour_has_quality_zero(size: tuple[int, int]) -> None:
    assert dihedral(np.full((*size, 3), 77, np.uint8))[1] == 0
