import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import SnapshotInvalid
from detector.index import pairs
from detector.index.digests import DigestIndex

# Values that differ in their first or last byte alone, trailing zeros among them.
VALUES = [
    bytes(32),
    b"\xff" * 32,
    bytes(31) + b"\x01",
    b"\x01" + bytes(31),
    b"\x7f" * 32,
    b"\x80" + bytes(31),
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, len(VALUES) - 1)),
        st.tuples(st.just("remove"), st.integers(0, 40)),
        st.tuples(st.sampled_from(["load", "settle"]), st.just(0)),
    ),
    max_size=25,
)


@pytest.fixture
def merged_early() -> Iterator[None]:
    with mock.patch.object(pairs, "FEWEST_MERGED", 3):
        yield


def filled(number: int) -> DigestIndex:
    index = DigestIndex()
    for item in range(number):
        index.add(item, bytes([item]) * 32)
        index.settle()
    return index


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from([1, 3, 7, 1000]))
def test_digests_answer_as_a_dictionary_does(steps: list[tuple[str, int]], early: int) -> None:
    with (
        mock.patch.object(pairs, "FEWEST_MERGED", early),
        tempfile.TemporaryDirectory() as folder,
    ):
        index, model, gone = DigestIndex(Path(folder)), dict[bytes, list[int]](), set[int]()
        every = [index]
        for number, (verb, what) in enumerate(steps):
            if verb == "add":
                index.add(number, VALUES[what])
                model.setdefault(VALUES[what], []).append(number)
            elif verb == "remove":
                # A number that comes later would be used again; unknown ones do no harm.
                gone.update({what} if what < number else {1000 + what})
                index.remove({what} if what < number else {1000 + what})
            elif verb == "settle":
                index.settle()
            else:
                index.save(Path(folder) / str(number))
                index = DigestIndex(Path(folder))
                index.load(Path(folder) / str(number))
                every.append(index)
            for value in VALUES:
                assert index.find(value) == [i for i in model.get(value, ()) if i not in gone]
        for each in every:
            each.settle()


def test_only_values_of_32_bytes_are_kept_or_found() -> None:
    index = filled(2)
    with pytest.raises(ValueError, match="32 bytes"):
        index.add(9, b"short")
    assert index.find(b"") == index.find(bytes(64)) == []


@pytest.mark.usefixtures("merged_early")
def test_a_second_snapshot_shares_the_sorted_files_of_the_first(tmp_path: Path) -> None:
    index = filled(4)
    index.save(tmp_path / "a")
    index.add(9, b"x" * 32)
    index.save(tmp_path / "b")
    again = DigestIndex()
    again.load(tmp_path / "b")
    shutil.rmtree(tmp_path / "b")
    again.save(tmp_path / "c")
    for name in ("keys.npy", "values.npy"):
        first, *others = [(tmp_path / part / "sorted" / name).stat().st_ino for part in "ac"]
        assert others == [first]


@pytest.mark.usefixtures("merged_early")
@pytest.mark.parametrize("name", ["sorted/keys", "sorted/values", "newer-keys", "newer-values", "removed"])
@pytest.mark.parametrize("damage", ["cut", "missing", "type", "length"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    index = filled(4)
    index.remove([1])
    index.save(tmp_path / "x")
    path = tmp_path / "x" / f"{name}.npy"
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-1])
        case "missing":
            path.unlink()
        case "type":
            np.save(path, np.zeros(len(np.load(path)), np.float32))
        case "length":
            held = np.load(path)
            np.save(path, np.stack([held, held]))
    with pytest.raises(SnapshotInvalid):
        DigestIndex().load(tmp_path / "x")


@pytest.mark.usefixtures("merged_early")
def test_keys_and_numbers_of_different_lengths_are_refused(tmp_path: Path) -> None:
    filled(4).save(tmp_path / "x")
    for name in ("sorted/values.npy", "newer-values.npy"):
        np.save(tmp_path / "x" / name, np.zeros(9, np.int64))
        with pytest.raises(SnapshotInvalid, match="another shape"):
            DigestIndex().load(tmp_path / "x")


def test_a_full_disk_leaves_all_findable_and_is_not_tried_again_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def all_found() -> bool:
        return [index.find(bytes([item]) * 32) for item in range(12)] == [
            [item] if item <= last else [] for item in range(12)
        ]

    with mock.patch.object(pairs, "FEWEST_MERGED", 4):
        index = DigestIndex(tmp_path)
        with mock.patch.object(np, "save", side_effect=OSError("No space left on device")) as tried:
            for last in range(8):
                index.add(last, bytes([last]) * 32)
                index.settle()
                assert all_found()
        assert tried.call_count == 1
        assert "merging 4 pairs failed" in caplog.text
        for last in range(8, 12):
            index.add(last, bytes([last]) * 32)
            index.settle()
            assert all_found()
        assert [len(np.load(path)) for path in tmp_path.rglob("keys.npy")] == [12]


def test_questions_additions_removals_and_snapshots_go_on_during_a_merge(tmp_path: Path) -> None:
    begun, go_on, write = threading.Event(), threading.Event(), np.save

    def slowly(path: Path, column: np.ndarray) -> None:
        if threading.current_thread().name == "pairs-merge":
            begun.set()
            assert go_on.wait(20)
        write(path, column)

    index, again = DigestIndex(tmp_path), DigestIndex(tmp_path)
    with mock.patch.object(pairs, "FEWEST_MERGED", 4), mock.patch.object(np, "save", slowly):
        index = DigestIndex(tmp_path)
        for item in range(4):
            index.add(item, b"x" * 32)
        assert begun.wait(20)
        index.remove([1])
        index.add(4, b"x" * 32)
        index.remove([4])
        index.add(5, b"x" * 32)
        assert index.find(b"x" * 32) == [0, 2, 3, 5]
        index.save(tmp_path / "x")
        go_on.set()
        index.settle()
        assert index.find(b"x" * 32) == [0, 2, 3, 5]
    again.load(tmp_path / "x")
    assert again.find(b"x" * 32) == [0, 2, 3, 5]
    assert np.load(tmp_path / "x" / "removed.npy").tolist() == []


def test_a_merge_that_ends_after_another_snapshot_was_loaded_changes_nothing(tmp_path: Path) -> None:
    begun, go_on, write = threading.Event(), threading.Event(), np.save

    def slowly(path: Path, column: np.ndarray) -> None:
        begun.set()
        assert go_on.wait(20)
        write(path, column)

    filled(1).save(tmp_path / "x")
    with mock.patch.object(pairs, "FEWEST_MERGED", 2), mock.patch.object(np, "save", slowly):
        index = DigestIndex(tmp_path / "place")
        index.add(8, b"x" * 32)
        index.add(9, b"x" * 32)
        assert begun.wait(20)
        index.load(tmp_path / "x")
        go_on.set()
        index.settle()
    assert index.find(b"x" * 32) == []
    assert index.find(bytes(32)) == [0]
    assert not list((tmp_path / "place").rglob("keys.npy"))
