import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.index.signs_kernel import near_sketches, nearest_sketches

BOUNDS = np.array([0, 40, 40, 90, 200])
HELD = np.random.default_rng(3).integers(0, 2**64, (200, 6), dtype=np.uint64)
HELD[50:60] = HELD[50]


def differing(lists: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    positions = np.concatenate([np.arange(BOUNDS[i], BOUNDS[i + 1]) for i in lists if i >= 0])
    return positions, np.bitwise_count(HELD[positions] ^ asked).sum(axis=1, dtype=np.int64)


chosen = st.lists(st.sampled_from([0, 1, 2, 3]), unique=True, min_size=1).map(np.array)


@given(lists=chosen, limit=st.integers(0, 384), of=st.integers(0, 199), room=st.sampled_from([1, 20, 300]))
def test_all_within_the_limit_are_found_and_counted_even_where_they_do_not_fit(
    lists: np.ndarray, limit: int, of: int, room: int
) -> None:
    positions, distances = differing(lists, HELD[of])
    found = np.empty(room, dtype=np.int64)
    count = near_sketches(HELD, BOUNDS, lists, HELD[of], limit, found)
    expected = positions[distances <= limit]
    assert count == len(expected)
    assert found[: min(count, room)].tolist() == expected[:room].tolist()


@given(lists=chosen, of=st.integers(0, 199), room=st.sampled_from([1, 5, 20, 300]))
def test_the_likest_are_found_and_of_equally_like_ones_the_first(
    lists: np.ndarray, of: int, room: int
) -> None:
    positions, distances = differing(lists, HELD[of])
    found = np.empty(room, dtype=np.int64)
    count = nearest_sketches(HELD, BOUNDS, lists, HELD[of], found)
    expected = positions[np.argsort(distances, kind="stable")][:room]
    assert sorted(found[:count]) == sorted(expected)


@pytest.mark.parametrize("lists", [[-1, 2, -1], [2]])
def test_lists_that_there_are_not_are_passed_over(lists: list[int]) -> None:
    found = np.empty(300, dtype=np.int64)
    assert nearest_sketches(HELD, BOUNDS, np.array(lists), HELD[50], found) == 50
    assert near_sketches(HELD, BOUNDS, np.array(lists), HELD[50], 0, found) == 10
