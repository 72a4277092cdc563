"""Our own embedding of pictures, in ONNX Runtime."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from detector.errors import ModelUnavailable
from detector.fingerprints import copydet
from detector.fingerprints.copydet import DIMENSIONS, ImageEmbedder

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def embedder() -> ImageEmbedder:
    return ImageEmbedder(threads=1)


@pytest.fixture(scope="module")
def pictures(photos: dict[str, Image.Image]) -> list[Picture]:
    """A dozen different pictures: parts of two photographs."""
    return [
        np.asarray(photo.crop((x, y, x + 210, y + 200)))
        for photo in photos.values()
        for x in (0, 210, 420)
        for y in (0, 210)
    ]


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 300), width=st.integers(1, 300), value=st.integers(0, 255))
def test_a_picture_of_any_size_and_shape_has_a_vector_of_length_one(
    embedder: ImageEmbedder, height: int, width: int, value: int
) -> None:
    vectors = embedder.embed([np.full((height, width, 3), value, np.uint8)])
    assert vectors.shape == (1, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (10, 20_000), (20_000, 10)])
def test_a_dot_and_a_strip_have_a_vector(embedder: ImageEmbedder, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert np.isfinite(embedder.embed([noise])).all()


def test_no_pictures_have_no_vectors(embedder: ImageEmbedder) -> None:
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_pictures_that_threads_shrink_stay_in_order(pictures: list[Picture]) -> None:
    rng = np.random.default_rng(5)
    many = [*pictures, *(rng.integers(0, 256, (30 + n, 50, 3), dtype=np.uint8) for n in range(8))]
    assert (ImageEmbedder(threads=3)._squares(many) == ImageEmbedder(threads=1)._squares(many)).all()


def test_a_batch_gives_what_each_picture_gives_alone(
    embedder: ImageEmbedder, pictures: list[Picture]
) -> None:
    many = [*pictures, *pictures]
    together = embedder.embed(many)
    alone = np.concatenate([embedder.embed([each]) for each in many])
    assert np.einsum("ij,ij->i", together, alone).min() > 0.99999


def test_threads_share_one_network(pictures: list[Picture]) -> None:
    shared = ImageEmbedder(threads=1)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(shared.embed, [pictures] * 8))
    assert all(np.allclose(answer, answers[0], atol=1e-5) for answer in answers)


@pytest.mark.parametrize("edit", ["JPEG", "mirrored", "grey", "smaller", "cropped"])
def test_an_edited_copy_is_nearer_to_its_original_than_to_other_pictures(
    embedder: ImageEmbedder, photos: dict[str, Image.Image], edit: str
) -> None:
    originals = embedder.embed([np.asarray(photo) for photo in photos.values()])
    for number, photo in enumerate(photos.values()):
        copy = {
            "JPEG": lambda p: p.resize((320, 213)),
            "mirrored": ImageOps.mirror,
            "grey": lambda p: p.convert("L").convert("RGB"),
            "smaller": lambda p: p.resize((80, 53)),
            "cropped": lambda p: p.crop((60, 40, 580, 390)),
        }[edit](photo)
        cosines = originals @ embedder.embed([np.asarray(copy)])[0]
        assert cosines.argmax() == number
        assert cosines[number] > 0.5


def test_the_network_is_loaded_on_first_use_or_when_warmed() -> None:
    fresh = ImageEmbedder()
    assert not fresh.ready
    fresh.warm()
    assert fresh.ready


def test_altered_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    altered = tmp_path / "copydet-1.onnx"
    altered.write_bytes(copydet.WEIGHTS.read_bytes()[:-1] + b"\x07")
    monkeypatch.setattr(copydet, "WEIGHTS", altered)
    with pytest.raises(ModelUnavailable, match="not the one this version came with"):
        ImageEmbedder().warm()
    assert not copydet.is_intact()


def test_missing_weights_are_a_missing_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(copydet, "WEIGHTS", tmp_path / "none.onnx")
    with pytest.raises(ModelUnavailable, match="could not be read"):
        ImageEmbedder().warm()
    assert not copydet.is_intact()


def test_a_file_that_is_no_network_is_a_missing_model(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelUnavailable, match="could not be loaded"):
        ImageEmbedder(weights=tmp_path / "no.onnx").warm()


def test_cuda_without_its_runtime_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelUnavailable, match="onnxruntime-gpu"):
        ImageEmbedder("cuda").warm()


@pytest.mark.parametrize("device", ["", "cpu", "mps"])
def test_other_devices_mean_the_processor(device: str) -> None:
    ImageEmbedder(device).warm()


def test_the_shipped_weights_are_whole_and_small() -> None:
    assert copydet.is_intact()
    assert copydet.WEIGHTS.stat().st_size <= 10_000_000
