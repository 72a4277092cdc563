from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import SnapshotInvalid
from detector.index.postings import PostingsIndex

ENTRIES = st.lists(st.lists(st.integers(0, 6), max_size=12), max_size=8)


def found(index: PostingsIndex, keys: list[int]) -> list[tuple[int, int, int]]:
    numbers, items, places = index.find(np.array(keys, dtype=np.uint32), 1_000)
    return sorted(zip(numbers.tolist(), items.tolist(), places.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.sets(st.integers(100, 110)))
def test_every_entry_that_was_not_removed_is_found(items: list[list[int]], removed: set[int]) -> None:
    index = PostingsIndex()
    for number, keys in enumerate(items):
        index.add(100 + number, np.array(keys, dtype=np.uint32), np.arange(len(keys)))
        if number == 3:
            index.remove(removed)
    index.remove(removed)
    wanted = sorted(
        (key, 100 + number, place)
        for number, keys in enumerate(items)
        for place, key in enumerate(keys)
        if 100 + number not in removed
    )
    assert found(index, list(range(7))) == wanted


def test_a_key_that_is_everywhere_tells_nothing() -> None:
    index = PostingsIndex()
    index.add(1, np.full(20, 5, dtype=np.uint32), np.arange(20))
    assert len(index.find(np.array([5], dtype=np.uint32), 19)[0]) == 0
    assert len(index.find(np.array([5], dtype=np.uint32), 20)[0]) == 20


def test_a_saved_index_answers_alike_and_a_cut_one_is_refused(tmp_path: Path) -> None:
    index = PostingsIndex()
    for item in range(5):
        index.add(item, np.array([item, 7], dtype=np.uint32), np.array([0, 9]))
    index.remove([2])
    path = tmp_path / "x.index"
    index.save(path)
    again = PostingsIndex()
    again.load(path)
    again.add(9, np.array([7], dtype=np.uint32), np.array([1]))
    assert found(again, [7]) == sorted([*found(index, [7]), (0, 9, 1)])
    for name in ("keys", "slots", "places", "items"):
        part = path / f"{name}.npy"
        content = part.read_bytes()
        part.write_bytes(content[:-1])
        with pytest.raises(SnapshotInvalid):
            PostingsIndex().load(path)
        part.write_bytes(content)


def test_slots_that_an_altered_file_names_give_no_item(tmp_path: Path) -> None:
    index = PostingsIndex()
    index.add(1, np.array([7, 7], dtype=np.uint32), np.array([0, 9]))
    index.save(tmp_path / "x")
    np.save(tmp_path / "x" / "slots.npy", np.array([0, 2**32 - 1], dtype=np.uint32))
    index.load(tmp_path / "x")
    assert found(index, [7]) == [(0, 1, 0)]
