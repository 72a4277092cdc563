"""Sentence-transformers models, of texts or of pictures, from this machine alone."""

import hashlib
import logging
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

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


class Engine(Protocol):
    """A model in memory, ready to compute."""

    def vectors(self, inputs: Sequence[Any]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(inputs), dimensions), in the order given."""


class TransformerModel:
    """A sentence-transformers model, loaded once, on first use or by warm(); safe to share between threads.

    `device` is torch's ("cpu", "cuda", "mps"), empty for torch's own choice; `threads` bounds the threads of
    one call, which in torch are those of the whole process, and 0 leaves them.
    """

    reads = ""
    """What it reads ("text", "image"), for the sentence of an error."""
    batch = 32
    """How many of its inputs torch computes together."""

    def __init__(self, model: str, device: str = "cpu", threads: int = 0) -> None:
        self.model = model
        self.device = device
        self.threads = threads
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._torch: InTorch | None = None
        self._digest = ""

    def warm(self) -> None:
        """Load the model now. Raises ModelUnavailable when it cannot be."""
        with self._lock:
            self._loaded()

    @property
    def ready(self) -> bool:
        """Whether the model is in memory already."""
        return self._engine is not None

    def weights(self) -> str:
        """SHA-256 (hex) of the model's weights: of its one file, or of all tensors by name. Reads them once.

        Raises ModelUnavailable.
        """
        with self._lock:
            if not self._digest:
                self._loaded()
                self._digest = _file_digest(self._place()) or _tensors_digest(self._in_torch().model)
        return self._digest

    def plain_model(self) -> Any:
        """The sentence-transformers model itself, for measuring beside it. Raises ModelUnavailable."""
        with self._lock:
            return self._in_torch().model

    def _vectors(self, inputs: Sequence[Any]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(inputs), dimensions), in the order given.

        Raises ModelUnavailable.
        """
        with self._lock:
            return self._loaded().vectors(inputs)

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = self._open()
        return self._engine

    def _open(self) -> Engine:
        """The model as this device computes it best. Raises ModelUnavailable."""
        return self._in_torch()

    def _in_torch(self) -> "InTorch":
        if self._torch is None:
            opened = InTorch(self._place(), self.device, self.threads, self.batch, self.reads)
            self._check(opened.model)
            self._torch = opened
        return self._torch

    def _place(self) -> str:
        """The folder of the model, or its name in the local cache. Raises ModelUnavailable."""
        return self.model

    def _check(self, model: Any) -> None:
        """Raises ModelUnavailable for a model that does not do what it is chosen for."""


class InTorch:
    """A model as sentence-transformers computes it, with bfloat16 where precision.choose() says so.

    `source` is a folder or a name in the local cache, nothing is ever downloaded; `device` and `threads` as
    TransformerModel says; `batch` inputs are computed together; `reads` is what the model reads, for the
    sentence of an error. Raises ModelUnavailable.
    """

    def __init__(self, source: str, device: str, threads: int, batch: int, reads: str) -> None:
        self.model = _open_model(source, device, threads, reads)
        self._device = device or str(self.model.device)
        self._bfloat16 = choose(self._device).bfloat16
        self._batch = batch

    def vectors(self, inputs: Sequence[Any]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(inputs), dimensions), in the order given."""
        import torch

        kind = torch.device(self._device).type
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self._bfloat16):
            # It sorts by length itself, so that a long text does not pad a whole batch of short ones.
            vectors = self.model.encode(
                inputs, batch_size=self._batch, convert_to_tensor=True, show_progress_bar=False
            )
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.ascontiguousarray(unit.cpu().numpy(), dtype=np.float32)


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


def _file_digest(source: str) -> str:
    """SHA-256 (hex) of the one file that holds the weights of the model in `source`; "" where none does."""
    files = [path for name in _WEIGHTS if (path := Path(source) / name).is_file()]
    if len(files) != 1:
        return ""
    with files[0].open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _tensors_digest(model: Any) -> str:
    """SHA-256 (hex) of all tensors of a model, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.float().cpu().numpy().tobytes())
    return digest.hexdigest()
