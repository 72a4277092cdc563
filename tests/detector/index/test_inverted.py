import numpy as np
import pytest

from detector.errors import SnapshotInvalid
from detector.index.inverted import VectorSegment, write_lists

NONE = np.empty(0, dtype=np.uint8)


def at_distance(rows: np.ndarray, distance: float, rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(size=rows.shape)
    noise -= (noise * rows).sum(axis=1, keepdims=True) * rows
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return ((1 - distance) * rows + np.sqrt(1 - (1 - distance) ** 2) * noise).astype(np.float32)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[VectorSegment, np.ndarray]:
    """8,000 vectors without clusters, which is the hardest case."""
    folder = tmp_path_factory.mktemp("segment")
    rows = np.random.default_rng(4).normal(size=(8_000, 64))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.save(folder / "rows.npy", rows.astype(np.float16))
    np.save(folder / "ids.npy", np.arange(8_000) * 7)
    write_lists(folder)
    return VectorSegment(folder, 64), rows


@pytest.mark.parametrize("radius", [0.05, 0.15, 0.35, 0.62])
def test_what_lies_within_the_radius_is_found_in_99_of_100_cases(built, radius: float) -> None:
    segment, rows = built
    wanted = np.arange(0, 8_000, 20)
    asked = at_distance(rows[wanted], radius - 0.002, np.random.default_rng(8))
    found = segment.search(asked, 50, radius, NONE)
    assert np.mean([i * 7 in near.ids for i, near in zip(wanted, found, strict=True)]) >= 0.99
    for query, near in zip(asked, found, strict=True):
        assert np.all(near.distances <= radius)
        assert np.allclose(near.distances, 1 - rows[near.ids // 7] @ query, atol=1e-3)


def test_beyond_all_measured_radii_the_likest_are_proposed(built) -> None:
    segment, rows = built
    wanted = np.arange(0, 8_000, 20)
    asked = at_distance(rows[wanted], 0.4, np.random.default_rng(8))
    found = segment.search(asked, 14, 0.9, NONE)
    assert np.mean([i * 7 == near.ids[0] for i, near in zip(wanted, found, strict=True)]) >= 0.99
    assert all(len(near.ids) == 14 for near in found)
    # More than sketches can tell apart is told by bytes: everything, where everything is asked for.
    assert len(segment.search(asked[:1], 8_000, 2.1, NONE)[0].ids) == 8_000


def test_a_nearer_question_reads_fewer_lists(built) -> None:
    segment, _ = built
    assert segment.probes(0.05) < segment.probes(0.3) < segment.probes(0.62) <= segment.probes(2.0) == 128


def test_a_removed_row_is_left_out(built) -> None:
    segment, rows = built
    dead = np.zeros(1_001, dtype=np.uint8)
    dead[100 >> 3] |= 1 << (100 & 7)
    asked = rows[100:101].astype(np.float32)
    for radius in (0.1, 0.5, 1.0):
        assert 700 in segment.search(asked, 5, radius, NONE)[0].ids
        assert 700 not in segment.search(asked, 5, radius, dead)[0].ids


def test_more_copies_of_one_vector_than_are_checked_are_found_all_the_same(tmp_path) -> None:
    rows = np.random.default_rng(4).normal(size=(8_000, 64))
    rows[:6_000] = rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.save(tmp_path / "rows.npy", rows.astype(np.float16))
    np.save(tmp_path / "ids.npy", np.arange(8_000))
    write_lists(tmp_path)
    near = VectorSegment(tmp_path, 64).search(rows[:1].astype(np.float32), 50, 0.1, NONE)[0]
    assert len(near.ids) == 50
    assert set(near.ids) <= set(range(6_000))


def test_a_segment_without_its_sketches_is_no_segment(tmp_path) -> None:
    np.save(tmp_path / "rows.npy", np.eye(8, 64, dtype=np.float16))
    np.save(tmp_path / "ids.npy", np.arange(8))
    write_lists(tmp_path)
    (tmp_path / "sketches.npy").unlink()
    with pytest.raises(SnapshotInvalid, match=r"sketches\.npy"):
        VectorSegment(tmp_path, 64)
