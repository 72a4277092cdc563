import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from detector.errors import IndexUnavailable, SnapshotInvalid
from detector.index.exact import ExactIndex
from detector.index.milvus import MilvusIndex, address
from detector.index.port import Metric
from tests.detector.index.vectors import WIDTHS, vectors

installed = importlib.util.find_spec("pymilvus") and importlib.util.find_spec("milvus_lite")
needs_milvus = pytest.mark.skipif(not installed, reason="pymilvus and milvus-lite are not installed")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield f"milvus:{tmp_path_factory.mktemp('milvus') / 'vectors.db'}"
    if installed:
        from milvus_lite.server_manager import server_manager_instance

        server_manager_instance.release_all()


@needs_milvus
@pytest.mark.network
@pytest.mark.parametrize("metric", list(WIDTHS))
def test_it_finds_what_the_oracle_finds_through_adding_removing_and_restarting(
    url: str, metric: Metric, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    oracle, index = ExactIndex(metric, WIDTHS[metric]), MilvusIndex(url, metric, WIDTHS[metric])
    assert (len(index), index.search(vectors(metric, 1, rng), 3, 1.0)) == (0, [[]])
    used = 0
    for turn in range(4):
        many = int(rng.integers(10, 40))
        ids, rows = np.arange(used, used + many, dtype=np.int64), vectors(metric, many, rng)
        used += many
        for each in (oracle, index):
            each.add(ids, rows)
            each.remove(np.array([turn, used - 2, 10**6], dtype=np.int64))
        assert len(index) == len(oracle)
        radius = 60.0 if metric is Metric.HAMMING else 0.4
        asked = vectors(metric, 3, rng)
        for found, expected in zip(
            index.search(asked, 200, radius), oracle.search(asked, 200, radius), strict=True
        ):
            assert [h.id for h in found] == [h.id for h in expected]
            assert np.allclose([h.distance for h in found], [h.distance for h in expected], atol=1e-5)
        index.save(tmp_path / "note")
        index = MilvusIndex(url, metric, WIDTHS[metric])
        index.load(tmp_path / "note")
    with pytest.raises(SnapshotInvalid):
        MilvusIndex(url, metric, 2 * WIDTHS[metric]).load(tmp_path / "note")
    index.drop()
    with pytest.raises(SnapshotInvalid):
        MilvusIndex(url, metric, WIDTHS[metric]).load(tmp_path / "note")


@needs_milvus
@pytest.mark.network
def test_a_server_that_is_away_is_an_error_that_a_retry_can_help() -> None:
    with pytest.raises(IndexUnavailable) as caught:
        MilvusIndex("milvus:http://127.0.0.1:1", Metric.COSINE, 4).add(np.array([1]), np.ones((1, 4)))
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "url", ["milvus:", "milvus:somewhere", "qdrant:http://h:1", "milvus:ftp://h", "milvus:http:"]
)
def test_an_address_that_names_no_milvus_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="VECTOR_URL must be"):
        address(url)
