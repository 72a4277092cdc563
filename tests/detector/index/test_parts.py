import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.index.exact import ExactIndex
from detector.index.parts import PartIds
from detector.index.port import Metric


@given(item=st.integers(0, 2**47 - 1), part=st.integers(0, 2**16 - 1))
def test_an_id_tells_its_item_and_part(item: int, part: int) -> None:
    numbers, places = PartIds().split(PartIds().ids([item], [part]))
    assert (numbers.tolist(), places.tolist()) == ([item], [part])


@pytest.mark.parametrize(("item", "part"), [(1, 16), (1, -1), (2**59, 0), (-1, 0)])
def test_numbers_that_would_be_taken_for_others_are_refused(item: int, part: int) -> None:
    with pytest.raises(ValueError, match="number must be"):
        PartIds(4).ids([item], [part])


def test_all_parts_of_an_item_are_forgotten_together() -> None:
    parts, index = PartIds(4), ExactIndex(Metric.HAMMING, 32)
    index.add(parts.ids([1, 1, 2, 3], [0, 15, 3, 0]), np.zeros((4, 32), dtype=np.uint8))
    index.remove(parts.of_items([1, 3]))
    assert parts.split([hit.id for hit in index.search(np.zeros((1, 32), np.uint8), 9, 0)[0]])[
        0
    ].tolist() == [2]
    index.remove(parts.of_items([2], parts=3))
    assert len(index) == 1
