import numpy as np
import pytest

from detector.index.signs import BITS, FARTHEST, limit, sketches
from tests.detector.index.test_inverted import at_distance


def unit(rng: np.random.Generator, number: int, width: int) -> np.ndarray:
    rows = rng.normal(size=(number, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def differing(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.bitwise_count(sketches(rows) ^ sketches(others)).sum(axis=1, dtype=np.int64)


@pytest.mark.parametrize("width", [64, 384, 768])
@pytest.mark.parametrize("radius", [0.02, 0.15, FARTHEST])
def test_what_lies_at_the_radius_passes_and_what_is_unrelated_does_not(width: int, radius: float) -> None:
    rng = np.random.default_rng(1)
    rows = unit(rng, 20_000, width)
    near = differing(rows, at_distance(rows, radius, rng))
    assert np.mean(near <= limit(radius)) > 0.9999
    # Random vectors of 64 dimensions are less apart than those of 384.
    assert np.mean(differing(rows, unit(rng, 20_000, width)) <= limit(radius)) < 0.02


def test_equal_vectors_have_equal_sketches_and_opposite_ones_no_bit_in_common() -> None:
    rows = unit(np.random.default_rng(2), 100, 384)
    assert not differing(rows, rows * np.float32(3)).any()
    assert (differing(rows, -rows) == BITS).all()


def test_within_the_largest_distance_every_sketch_passes() -> None:
    assert limit(2.0) == BITS
    assert 0 <= limit(0.0) < 10
