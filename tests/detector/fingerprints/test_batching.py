import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.fingerprints.batching import Batcher


class Model:
    """Doubles numbers, notes its batches, and waits while `open` is not set; refuses negative ones."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()
        self.entered = threading.Event()

    def __call__(self, items: list[int]) -> NDArray[np.float32]:
        self.batches.append(items)
        self.entered.set()
        assert self.open.wait(10)
        if min(items, default=0) < 0:
            raise ValueError("negative")
        return np.array([[2 * item] for item in items], dtype=np.float32).reshape(len(items), 1)


def held(model: Model, most: int, *calls: list[int]) -> list[object]:
    """The first call is being computed when the others come; each one's rows, or the error's sentence."""
    batcher: Batcher[int] = Batcher(model, most)

    def ask(items: list[int]) -> object:
        try:
            return batcher(items)[:, 0].tolist()
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(calls)) as threads:
        first = threads.submit(ask, calls[0])
        assert model.entered.wait(10)
        others = []
        for number, items in enumerate(calls[1:], 1):
            others.append(threads.submit(ask, items))
            while len(batcher._waiting) < number:
                pass
        model.open.set()
        return [each.result(10) for each in (first, *others)]


def test_what_comes_while_a_batch_is_computed_is_the_next_one() -> None:
    model = Model()
    assert held(model, 256, [1], [2, 3], [4], [5]) == [[2], [4, 6], [8], [10]]
    assert model.batches == [[1], [2, 3, 4, 5]]


def test_a_batch_has_no_more_than_its_share_unless_one_call_has() -> None:
    model = Model()
    assert held(model, 3, [1], [2, 3], [4, 5], [6, 7, 8, 9]) == [[2], [4, 6], [8, 10], [12, 14, 16, 18]]
    assert model.batches == [[1], [2, 3], [4, 5], [6, 7, 8, 9]]


def test_an_error_reaches_only_the_one_whose_item_it_was() -> None:
    assert held(Model(), 256, [1], [2], [-1], [3]) == [[2], [4], "negative", [6]]


def test_a_lone_call_waits_for_nobody() -> None:
    model = Model()
    model.open.set()
    assert Batcher(model)([7]).tolist() == [[14]]
    with pytest.raises(ValueError, match="negative"):
        Batcher(model)([-7])


@given(st.lists(st.lists(st.integers(0, 1000), max_size=5), min_size=1, max_size=30), st.integers(1, 20))
def test_every_thread_gets_its_own_rows(calls: list[list[int]], most: int) -> None:
    model = Model()
    model.open.set()
    batcher: Batcher[int] = Batcher(model, most)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda items: batcher(items)[:, 0].tolist(), calls))
    assert found == [[2 * item for item in items] for items in calls]
