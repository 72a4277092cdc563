from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.errors import SnapshotInvalid
from detector.index.column import Column

NUMBERS = st.lists(st.integers(0, 20), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_column_answers_as_a_list_does(
    tmp_path: Path, old: list[int], new: list[int], asked: list[int]
) -> None:
    held = sorted(old + new)
    column = Column(*held[: len(old)])
    column.save(tmp_path, "x")
    column.load(tmp_path, "x")
    for number in held[len(old) :]:
        column.append(number)
    for _ in range(2):
        assert len(column) == len(held)
        assert column.at(np.arange(len(held))[::-1]).tolist() == held[::-1]
        assert column.rows_of(asked).tolist() == [row for row, n in enumerate(held) if n in asked]
        before = [sum(n <= number for n in held) for number in asked]
        assert column.rows_before(np.array(asked, np.int64)).tolist() == before
        column.save(tmp_path, "y")
        column.load(tmp_path, "y")


@pytest.mark.parametrize("content", [np.zeros(3, np.float64), np.zeros((3, 1), np.int64)])
def test_a_column_of_another_kind_is_refused(tmp_path: Path, content: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", content)
    with pytest.raises(SnapshotInvalid):
        Column().load(tmp_path, "x")
