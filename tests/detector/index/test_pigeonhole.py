from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.index import pigeonhole
from detector.index.exact import ExactIndex
from detector.index.pigeonhole import CodeSegment, allowances, write_tables
from detector.index.port import Metric

ids = st.integers(0, 256)


@given(radius=st.integers(0, 256), words=st.sampled_from([4, 16]))
def test_a_code_within_the_radius_always_has_a_word_within_its_allowance(radius: int, words: int) -> None:
    allowed = allowances(radius, words)
    # Were every word beyond its allowance, the code would be beyond the radius.
    assert (allowed + 1).sum() == radius + 1
    assert allowed.max() - allowed.min() <= 1


def segment(folder: Path, rows: np.ndarray, numbers: np.ndarray) -> CodeSegment:
    np.save(folder / "rows.npy", rows)
    np.save(folder / "ids.npy", numbers)
    write_tables(folder)
    return CodeSegment(folder, rows.shape[1])


@pytest.mark.parametrize("width", [8, 32])
@pytest.mark.parametrize("scanned", [False, True])
def test_it_finds_exactly_what_the_oracle_finds_at_any_radius(
    tmp_path: Path, width: int, scanned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
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
