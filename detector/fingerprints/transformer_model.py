"""Opening sentence-transformers models, of texts or of pictures, from this machine alone."""

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import Any

from detector.errors import ModelUnavailable

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


def open_model(source: str, device: str, threads: int, kind: str) -> Any:
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


def weights_digest(model: Any, source: str) -> str:
    """SHA-256 (hex) of the weights of a model that open_model() opened from `source`: of its one file, or of
    all tensors by name."""
    files = [path for name in _WEIGHTS if (path := Path(source) / name).is_file()]
    if len(files) == 1:
        with files[0].open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.float().cpu().numpy().tobytes())
    return digest.hexdigest()
