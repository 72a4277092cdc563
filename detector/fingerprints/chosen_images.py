"""Pictures through a sentence-transformers model of the operator's choice (CLIP and the like)."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.errors import ModelUnavailable
from detector.fingerprints.precision import choose
from detector.fingerprints.transformer_model import method_of, open_model, weights_digest

_BATCH = 16
_SIDE = 512
"""Longer side in pixels that a picture is shrunk to before the model's processor, made for photos."""


class ChosenImageModel:
    """A sentence-transformers model that reads pictures, loaded once; safe to share between threads.

    `model` is a folder or the name of one in the local cache, never downloaded. Its vectors are kept under
    the method "st-image-NAME/1" and never compared with another model's.
    """

    def __init__(self, model: str, device: str = "cpu", threads: int = 0) -> None:
        self.model = model
        self.device = device
        self.threads = threads
        self.method = method_of(model, pictures=True)
        self._lock = threading.Lock()
        self._loaded: Any = None
        self._bfloat16 = False
        self._digest = ""

    def warm(self) -> None:
        """Load the model now. Raises ModelUnavailable when it cannot be, or does not read pictures."""
        with self._lock:
            self._load()

    @property
    def ready(self) -> bool:
        """Whether the model is in memory already."""
        return self._loaded is not None

    def weights(self) -> str:
        """SHA-256 (hex) of the model's weights. Reads them once. Raises ModelUnavailable."""
        with self._lock:
            self._digest = self._digest or weights_digest(self._load(), self.model)
        return self._digest

    @property
    def dimensions(self) -> int:
        """Length of its vectors; loads the model. Raises ModelUnavailable."""
        return int(self.embed([np.zeros((1, 1, 3), np.uint8)]).shape[1])

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(pictures), dimensions), in the order given.

        Each picture is canonical RGB, uint8 of shape (height, width, 3), of any size from 1 × 1.
        Computed with bfloat16 where precision.choose() says so. Raises ModelUnavailable.
        """
        if not pictures:
            return np.zeros((0, 0), dtype=np.float32)
        bounded = [_bounded(picture) for picture in pictures]
        with self._lock:
            model = self._load()
            import torch

            kind = torch.device(self.device or model.device).type
            with torch.autocast(kind, dtype=torch.bfloat16, enabled=self._bfloat16):
                vectors = model.encode(
                    bounded, batch_size=_BATCH, convert_to_tensor=True, show_progress_bar=False
                )
            unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.ascontiguousarray(unit.cpu().numpy(), dtype=np.float32)

    def plain_model(self) -> Any:
        """The sentence-transformers model itself, for measuring beside it. Raises ModelUnavailable."""
        with self._lock:
            return self._load()

    def _load(self) -> Any:
        if self._loaded is None:
            model = open_model(self.model, self.device, self.threads, "image")
            if not model.supports("image"):
                raise ModelUnavailable(f"EMBEDDER_IMAGE names {self.model}, which does not read pictures.")
            self._bfloat16 = choose(self.device or str(model.device)).bfloat16
            self._loaded = model
        return self._loaded


def _bounded(picture: NDArray[np.uint8]) -> Image.Image:
    """At most _SIDE pixels a side and no narrower than a sixteenth of that.

    Processors scale the shorter side to theirs: a strip of 20,000 × 10 would become 448,000 pixels wide.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    least = max(1, round(max(height, width) * scale) // 16)
    size = (max(least, round(width * scale)), max(least, round(height * scale)))
    image = Image.fromarray(picture)
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
