"""Sentence-transformers models, of texts or of pictures, from this machine alone."""

import hashlib
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
from detector.fingerprints.precision import choose

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")

IMAGE_PREFIX = "st-image-"
"""What the methods of models that read pictures begin with; no text model's does."""


def method_of(model: str, *, pictures: bool = False) -> str:
    """The name that fingerprints of an operator's model go by: "st-NAME/1", of pictures "st-image-NAME/1".

    NAME is the last part of its path, in small letters and digits.
    """
    name = re.sub(r"[^a-z0-9]+", "-", Path(model).name.lower())
    if pictures:
        return f"{IMAGE_PREFIX}{name}/1"
    return f"st-text-{name}/1" if name.startswith("image-") else f"st-{name}/1"


class TransformerModel:
    """A sentence-transformers model, loaded once, on first use or by warm(); safe to share between threads.

    `device` is torch's ("cpu", "cuda", "mps"), empty for torch's own choice; `threads` sets torch's intra-op
    threads for the whole process, 0 leaves them.
    """

    reads = ""
    """What it reads ("text", "image"), for the sentence of an error."""

    def __init__(self, model: str, device: str = "cpu", threads: int = 0) -> None:
        self.model = model
        self.device = device
        self.threads = threads
        self._lock = threading.Lock()
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

    def weights(self) -> str:
        """SHA-256 (hex) of the model's weights: of its one file, or of all tensors by name. Reads them once.

        Raises ModelUnavailable.
        """
        if not self._digest:
            with self._lock:
                self._digest = self._digest or _weights_digest(self._load(), self._source)
        return self._digest

    def plain_model(self) -> Any:
        """The sentence-transformers model itself, for measuring beside it. Raises ModelUnavailable."""
        with self._lock:
            return self._load()

    def _vectors(self, inputs: Sequence[Any], batch: int) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(inputs), dimensions), in the order given.

        With bfloat16 where precision.choose() says so. Raises ModelUnavailable.
        """
        with self._lock:
            model = self._load()
            import torch

            kind = torch.device(self.device or model.device).type
            with torch.autocast(kind, dtype=torch.bfloat16, enabled=self._bfloat16):
                # It sorts by length itself, so that a long text does not pad a whole batch of short ones.
                vectors = model.encode(
                    inputs, batch_size=batch, convert_to_tensor=True, show_progress_bar=False
                )
            unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.ascontiguousarray(unit.cpu().numpy(), dtype=np.float32)

    def _load(self) -> Any:
        if self._loaded is None:
            self._source = self._place()
            model = _open_model(self._source, self.device, self.threads, self.reads)
            self._check(model)
            self._bfloat16 = choose(self.device or str(model.device)).bfloat16
            self._loaded = model
        return self._loaded

    def _place(self) -> str:
        """The folder of the model, or its name in the local cache. Raises ModelUnavailable."""
        return self.model

    def _check(self, model: Any) -> None:
        """Raises ModelUnavailable for a model that does not do what it is chosen for."""


def _open_model(source: str, device: str, threads: int, kind: str) -> Any:
    """A SentenceTransformer from a folder, or by a name in the local cache; nothing is ever downloaded.

    `device` is torch's, empty for torch's own choice; `threads` sets torch's intra-op threads for the whole
    process, 0 leaves them; `kind` is what the model reads, for the sentence of an error.
    Raises ModelUnavailable.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        if threads:
            torch.set_num_threads(threads)
        return SentenceTransformer(source, device=device or None, local_files_only=True)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailable(f"The {kind} model could not be loaded: {error}") from error


def _weights_digest(model: Any, source: str) -> str:
    """SHA-256 (hex) of the weights of a model that _open_model() opened from `source`: of its one file, or of
    all tensors by name."""
    files = [path for name in _WEIGHTS if (path := Path(source) / name).is_file()]
    if len(files) == 1:
        with files[0].open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.float().cpu().numpy().tobytes())
    return digest.hexdigest()
