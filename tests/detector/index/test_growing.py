import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import SnapshotInvalid
from detector.index import growing, merging
from detector.index.exact import ExactIndex
from detector.index.growing import GrowingIndex
from detector.index.kinds import Sizes
from detector.index.port import Metric, VectorIndex
from tests.detector.index.vectors import WIDTHS, vectors

SMALL = Sizes(tail=20, ratio=3)


def small(metric: Metric, place: Path) -> GrowingIndex:
    return GrowingIndex(metric, WIDTHS[metric], SMALL, place)


def filled(metric: Metric, place: Path, number: int) -> tuple[GrowingIndex, ExactIndex, np.ndarray]:
    rows = vectors(metric, number, np.random.default_rng(5))
    grown, oracle = small(metric, place), ExactIndex(metric, WIDTHS[metric])
    for first in range(0, number, 10):
        ids = np.arange(first, min(first + 10, number), dtype=np.int64)
        for index in (grown, oracle):
            index.add(ids, rows[ids])
    grown.settle()
    return grown, oracle, rows


def assert_alike(oracle: VectorIndex, grown: VectorIndex, asked: np.ndarray, k: int, radius: float) -> None:
    """Equal but for half precision, and for which of several equally distant ids makes the cut."""
    answers = zip(oracle.search(asked, k, radius), grown.search(asked, k, radius), strict=True)
    for expected, found in answers:
        distances = {hit.id: hit.distance for hit in found}
        assert [h.distance for h in found] == sorted(h.distance for h in found)
        assert len(distances) == len(found) <= k
        cut = min(radius, expected[-1].distance if len(expected) == k else np.inf) - 1e-3
        sure = {h.id: h.distance for h in expected if h.distance < cut}
        assert sure.keys() <= distances.keys()
        assert all(abs(distances[i] - distance) < 1e-3 for i, distance in sure.items())
        assert {h.id for h in found if h.distance < cut - 1e-3} <= sure.keys()


steps = st.lists(
    st.tuples(st.sampled_from(["add", "add", "add", "remove", "search", "save"]), st.integers(0, 2**32 - 1)),
    max_size=14,
)


@pytest.mark.parametrize("metric", list(WIDTHS))
@given(story=steps)
@settings(max_examples=10, deadline=None)
def test_it_equals_the_oracle_whatever_is_done_and_while_it_merges(
    tmp_path_factory: pytest.TempPathFactory, metric: Metric, story: list[tuple[str, int]]
) -> None:
    place = tmp_path_factory.mktemp("grown")
    grown, oracle = small(metric, place), ExactIndex(metric, WIDTHS[metric])
    used = 0
    for number, (step, seed) in enumerate(story):
        rng = np.random.default_rng(seed)
        match step:
            case "add":
                many = int(rng.integers(1, 30))
                # Not ascending: segments are sorted, whatever comes.
                ids = rng.permutation(np.arange(used, used + many)).astype(np.int64)
                used += many
                rows = vectors(metric, many, rng)
                for index in (oracle, grown):
                    index.add(ids, rows)
            case "remove":
                gone = rng.integers(0, used + 5, 8)
                for index in (oracle, grown):
                    index.remove(gone)
            case "save":
                grown.save(place / f"saved-{number}")
                grown = small(metric, place)
                grown.load(place / f"saved-{number}")
            case _:
                radius = float(rng.integers(0, 140)) if metric is Metric.HAMMING else float(rng.random())
                assert_alike(oracle, grown, vectors(metric, 2, rng), int(rng.integers(1, 60)), radius)
        assert len(grown) == len(oracle)
    asked = vectors(metric, 2, np.random.default_rng(1))
    for _ in ("while it may be merging", "afterwards"):
        assert_alike(oracle, grown, asked, 30, 100.0 if metric is Metric.HAMMING else 0.7)
        grown.settle()


@pytest.mark.parametrize("metric", list(WIDTHS))
def test_answers_adds_and_deletes_go_on_while_a_merge_does(
    tmp_path: Path, metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = vectors(metric, 60, np.random.default_rng(2))
    grown, oracle = small(metric, tmp_path), ExactIndex(metric, WIDTHS[metric])
    begun, go_on = threading.Event(), threading.Event()
    write = merging.write

    def slowly(*arguments) -> None:
        begun.set()
        assert go_on.wait(20)
        write(*arguments)

    monkeypatch.setattr(merging, "write", slowly)
    for index in (oracle, grown):
        index.add(np.arange(40, dtype=np.int64), rows[:40])
    assert begun.wait(20)
    for index in (oracle, grown):
        index.add(np.arange(40, 55, dtype=np.int64), rows[40:55])
        index.remove(np.array([3, 17, 50], dtype=np.int64))
    radius = 128.0 if metric is Metric.HAMMING else 1.0
    assert (grown.segments, len(grown)) == ((), 52)
    assert_alike(oracle, grown, rows[:5], 52, radius)
    go_on.set()
    grown.settle()
    assert grown.segments == (38,)
    assert_alike(oracle, grown, rows[:5], 52, radius)


@pytest.mark.parametrize("metric", list(WIDTHS))
def test_few_segments_remain_however_much_is_added(tmp_path: Path, metric: Metric) -> None:
    grown, _, _ = filled(metric, tmp_path, 700)
    assert sum(grown.segments) > 600
    assert len(grown.segments) <= 4
    assert len(list(next(tmp_path.glob("assay-segments-*")).glob("*/"))) == len(grown.segments)


def test_who_adds_very_many_can_wait_until_the_merges_keep_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = GrowingIndex(Metric.HAMMING, 32, Sizes(tail=10, behind=30), tmp_path)
    rows = vectors(Metric.HAMMING, 100, np.random.default_rng(3))
    held, write = threading.Event(), merging.write

    def slow(*arguments) -> None:
        held.wait(10)
        write(*arguments)

    monkeypatch.setattr(merging, "write", slow)
    grown.add(np.arange(10, dtype=np.int64), rows[:10])
    grown.add(np.arange(10, 40, dtype=np.int64), rows[10:40])
    grown.pace()  # thirty wait: not far behind
    grown.add(np.arange(40, 50, dtype=np.int64), rows[40:50])
    threading.Timer(0.2, held.set).start()
    grown.pace()
    assert held.is_set()
    grown.settle()
    assert sum(grown.segments) == 50


def test_a_merge_drops_what_was_removed(tmp_path: Path) -> None:
    grown, _, rows = filled(Metric.HAMMING, tmp_path, 40)
    grown.remove(np.arange(40, dtype=np.int64))
    grown.add(np.arange(100, 120, dtype=np.int64), rows[:20])
    grown.settle()
    assert (grown.segments, len(grown)) == ((20,), 20)


def test_a_merge_that_fails_loses_nothing_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = vectors(Metric.HAMMING, 60, np.random.default_rng(2))
    grown = small(Metric.HAMMING, tmp_path)

    def full(*arguments) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(merging, "write", full)
        grown.add(np.arange(30, dtype=np.int64), rows[:30])
        grown.settle()
    assert "merging 30 rows failed" in caplog.text
    assert (grown.segments, len(grown)) == ((), 30)
    assert grown.search(rows[:1], 1, 0.0)[0][0].id == 0
    grown.add(np.arange(30, 60, dtype=np.int64), rows[30:])
    grown.settle()
    assert grown.segments == (60,)


@pytest.mark.parametrize("metric", list(WIDTHS))
def test_a_saved_index_shares_its_segments_files_and_refuses_damaged_ones(
    tmp_path: Path, metric: Metric
) -> None:
    grown, _, rows = filled(metric, tmp_path / "work", 60)
    grown.save(tmp_path / "saved")
    inside = tmp_path / "saved" / "segment-0" / "rows.npy"
    assert inside.stat().st_nlink == 2
    for name in ("segment-0/rows.npy", "segment-0/ids.npy", "removed-0.npy", "tail.index", "index.json"):
        path = tmp_path / "saved" / name
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[: len(content) // 3])
        with pytest.raises(SnapshotInvalid):
            small(metric, tmp_path / "work").load(tmp_path / "saved")
        path.write_bytes(content)
    with pytest.raises(SnapshotInvalid):
        GrowingIndex(metric, WIDTHS[metric] * 2, SMALL, tmp_path).load(tmp_path / "saved")
    again = small(metric, tmp_path / "work")
    again.load(tmp_path / "saved")
    assert again.search(rows[:3], 9, 1.0) == grown.search(rows[:3], 9, 1.0)


def test_an_index_that_is_loaded_while_it_merges_keeps_what_it_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = vectors(Metric.HAMMING, 60, np.random.default_rng(2))
    other = small(Metric.HAMMING, tmp_path)
    other.add(np.arange(500, 505, dtype=np.int64), rows[:5])
    other.save(tmp_path / "other")
    go_on = threading.Event()
    write = merging.write
    monkeypatch.setattr(merging, "write", lambda *args: go_on.wait(20) and write(*args))
    grown = small(Metric.HAMMING, tmp_path)
    grown.add(np.arange(30, dtype=np.int64), rows[:30])
    grown.load(tmp_path / "other")
    go_on.set()
    grown.settle()
    assert (grown.segments, len(grown)) == ((), 5)


def test_the_same_rows_give_the_same_answers_in_whatever_order_they_came(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    rows = vectors(Metric.COSINE, 900, rng, clusters=90)
    answers = []
    for order in (np.arange(900), rng.permutation(900)):
        grown = GrowingIndex(Metric.COSINE, 24, Sizes(900), tmp_path)
        grown.add(order.astype(np.int64), rows[order])
        grown.settle()
        assert grown.segments == (900,)
        answers.append(grown.search(rows[:50], 10, 0.3))
    assert answers[0] == answers[1]


def test_codes_of_odd_widths_stay_flat_at_any_size() -> None:
    assert growing.sizes_for(Metric.HAMMING, 4).tail > 2**40
    assert growing.sizes_for(Metric.HAMMING, 32).tail < 2**20
