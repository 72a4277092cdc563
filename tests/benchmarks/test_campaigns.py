"""The campaigns benchmark counts right, and plants what it says."""

import random

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.campaign_peers import joined
from benchmarks.campaigns import made_up, scored

ROWS = [
    ("ham", f"word{n} and then some other words of message number{n} which is long enough") for n in range(9)
]


def test_a_perfect_grouping_scores_one_and_a_merged_one_loses_precision() -> None:
    truth = [0, 0, 0, 1, 1, -1, -1]
    perfect = scored(truth, [[0, 1, 2], [3, 4]])
    assert (perfect.precision, perfect.recall, perfect.f1) == (1.0, 1.0, 1.0)
    merged = scored(truth, [[0, 1, 2, 3, 4]])
    assert (merged.precision, merged.recall) == (0.4, 1.0)
    assert scored(truth, [[0, 1], [5, 6]]).recall == 0.25
    assert scored(truth, [[0, 1], [5, 6]]).precision == 0.5
    assert scored(truth, []).f1 == 0.0


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=20))
def test_joined_pairs_are_in_one_group_and_groups_do_not_overlap(pairs: list[tuple[int, int]]) -> None:
    groups = joined(pairs)
    for first, second in pairs:
        assert first == second or any(first in group and second in group for group in groups)
    listed = [item for group in groups for item in group]
    assert len(listed) == len(set(listed))


def test_made_up_texts_are_the_same_for_a_seed_and_long_enough_to_compare() -> None:
    made = made_up(ROWS, 50, random.Random(1))
    assert made == made_up(ROWS, 50, random.Random(1))
    assert len(set(made)) == 50
    assert min(len(text.split()) for text in made) >= 12
