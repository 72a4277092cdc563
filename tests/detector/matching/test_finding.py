import numpy as np
import pytest

from detector.matching.finding import Question


@pytest.mark.parametrize("number", [0, 3, 63, 64, 5_000, 10_000])
@pytest.mark.parametrize("limit", [1, 50])
def test_the_first_that_count_are_the_same_one_by_one_and_many_at_once(number: int, limit: int) -> None:
    items = np.random.default_rng(number).permutation(number).tolist()
    slow = Question(lambda item: item % 997 == 3, limit)
    quick = Question(slow.counts, limit, lambda items: items % 997 == 3)
    expected = [item for item in items if item % 997 == 3]
    assert slow.first(items) == quick.first(items) == expected[:limit]
    assert slow.which(items) == quick.which(items) == [item % 997 == 3 for item in items]


def test_not_all_equals_are_asked_about_when_few_are_wanted() -> None:
    asked: list[int] = []

    def count(items: np.ndarray) -> np.ndarray:
        asked.extend(items.tolist())
        return np.ones(len(items), dtype=bool)

    assert Question(lambda _: True, 2, count).first(range(100_000)) == [0, 1]
    assert len(asked) < 5_000
