from pathlib import Path

import numpy as np
import pytest

from detector.errors import SnapshotInvalid
from detector.index import pigeonhole
from detector.index.exact import ExactIndex
from detector.index.pigeonhole import CodeSegment, write_tables
from detector.index.port import Metric


def segment(folder: Path, rows: np.ndarray, numbers: np.ndarray) -> CodeSegment:
    np.save(folder / "rows.npy", rows)
    np.save(folder / "ids.npy", numbers)
    write_tables(folder)
    return CodeSegment(folder, rows.shape[1])


@pytest.mark.parametrize(("width", "words"), [(8, 4), (8, 5), (32, 13), (32, 14), (32, 16), (32, 18)])
@pytest.mark.parametrize("scanned", [False, True])
def test_it_finds_exactly_what_the_oracle_finds_at_any_radius(
    tmp_path: Path, width: int, words: int, scanned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pigeonhole, "words_for", lambda number, bits: words)
    monkeypatch.setattr(pigeonhole, "_SCAN_SHARE", 0.0 if scanned else np.inf)
    rng = np.random.default_rng(width)
    # Many equal codes: ties are told by id, and no bucket is too full.
    base = rng.integers(0, 256, (6, width), dtype=np.uint8)
    noise = (rng.random((2_000, width)) < 0.3) * rng.integers(0, 256, (2_000, width))
    noise[:700] = 0
    rows = base[rng.integers(0, 6, 2_000)] ^ noise.astype(np.uint8)
    numbers = np.sort(rng.choice(10**15, 2_000, replace=False))
    dead = rng.random(2_000) < 0.2
    held, oracle = segment(tmp_path, rows, numbers), ExactIndex(Metric.HAMMING, width)
    oracle.add(numbers[~dead], rows[~dead])
    bitmap = np.packbits(dead, bitorder="little")
    for radius in (0, 2, 3, 15, 16, 31, 54, 63, 70):
        for k in (1, 60, 2_000):
            flips = (rng.random((3, width)) < 0.1) * rng.integers(0, 256, (3, width))
            asked = rows[rng.integers(0, 2_000, 3)] ^ flips.astype(np.uint8)
            expected = oracle.search(asked, k, radius)
            for near, hits in zip(held.search(asked, k, radius, bitmap), expected, strict=True):
                assert near.ids.tolist() == [hit.id for hit in hits]
                assert near.distances.tolist() == [hit.distance for hit in hits]


@pytest.mark.parametrize("number", [1, 2])
def test_segments_of_one_row_are_searched_too(tmp_path: Path, number: int) -> None:
    rows = np.zeros((number, 32), dtype=np.uint8)
    held = segment(tmp_path, rows, np.arange(number))
    near = held.search(rows[:1], 5, 54, np.empty(0, dtype=np.uint8))[0]
    assert near.ids.tolist() == list(range(number))


def test_tables_cut_otherwise_than_a_code_can_be_are_refused(tmp_path: Path) -> None:
    rows = np.zeros((3, 32), dtype=np.uint8)
    segment(tmp_path, rows, np.arange(3))
    np.save(tmp_path / "order.npy", np.zeros((12, 3), dtype=np.uint32))
    with pytest.raises(SnapshotInvalid, match=r"order\.npy"):
        CodeSegment(tmp_path, 32)
    np.save(tmp_path / "order.npy", np.zeros((13, 3), dtype=np.uint32))
    with pytest.raises(SnapshotInvalid, match=r"starts\.npy"):
        CodeSegment(tmp_path, 32)
