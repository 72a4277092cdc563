from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import SnapshotInvalid
from detector.index.build import exact_index, faiss_index
from detector.index.port import Metric

WIDTHS = {Metric.HAMMING: 32, Metric.COSINE: 24}


def vectors(metric: Metric, number: int, rng: np.random.Generator) -> np.ndarray:
    if metric is Metric.HAMMING:
        base = rng.integers(0, 256, (4, 32), dtype=np.uint8)
        noise = (rng.random((number, 32)) < 0.1) * rng.integers(0, 256, (number, 32), dtype=np.uint8)
        return base[rng.integers(0, 4, number)] ^ noise.astype(np.uint8)
    rows = rng.normal(size=(4, 24))[rng.integers(0, 4, number)] + rng.normal(size=(number, 24)) * 0.2
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("metric", list(WIDTHS))
@given(seed=st.integers(0, 2**32 - 1), number=st.integers(0, 60), k=st.integers(1, 70), share=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_faiss_finds_what_the_oracle_finds(
    metric: Metric, seed: int, number: int, k: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    held, asked = vectors(metric, number, rng), vectors(metric, 3, rng)
    ids = rng.choice(10**12, number, replace=False).astype(np.int64)
    gone = ids[rng.random(number) < 0.3]
    radius = share * 128 if metric is Metric.HAMMING else share + 1e-4
    oracle, fast = exact_index(metric, WIDTHS[metric]), faiss_index(metric, WIDTHS[metric])
    for index in (oracle, fast):
        index.add(ids[: number // 2], held[: number // 2])
        index.add(ids[number // 2 :], held[number // 2 :])
        index.remove(gone)
    assert len(oracle) == len(fast) == number - len(gone)
    for expected, found in zip(oracle.search(asked, k, radius), fast.search(asked, k, radius), strict=True):
        assert np.allclose([h.distance for h in expected], [h.distance for h in found], atol=1e-5)
        cut = expected[-1].distance - 1e-5 if len(expected) == k else np.inf
        # Which of several equally distant ids makes the cut is not promised.
        assert {h.id for h in expected if h.distance < cut} == {h.id for h in found if h.distance < cut}


@pytest.mark.parametrize("metric", list(WIDTHS))
@pytest.mark.parametrize("build", [exact_index, faiss_index])
def test_an_index_survives_its_file_and_refuses_a_cut_one(tmp_path: Path, metric: Metric, build) -> None:
    rng = np.random.default_rng(1)
    held = vectors(metric, 20, rng)
    first, second = build(metric, WIDTHS[metric]), build(metric, WIDTHS[metric])
    first.add(np.arange(20, dtype=np.int64), held)
    first.save(tmp_path / "index")
    second.load(tmp_path / "index")
    assert second.search(held[:3], 5, 1000) == first.search(held[:3], 5, 1000)
    second.remove(np.array([0], dtype=np.int64))
    assert len(second) == 19
    content = (tmp_path / "index").read_bytes()
    (tmp_path / "index").write_bytes(content[: len(content) // 2])
    with pytest.raises(SnapshotInvalid):
        build(metric, WIDTHS[metric]).load(tmp_path / "index")
    other = build(metric, WIDTHS[metric] * 2)
    (tmp_path / "index").write_bytes(content)
    with pytest.raises(SnapshotInvalid):
        other.load(tmp_path / "index")
