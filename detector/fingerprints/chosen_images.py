"""Pictures through a sentence-transformers model of the operator's choice (CLIP and the like)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.errors import ModelUnavailable
from detector.fingerprints.transformer_model import TransformerModel, method_of

_SIDE = 512
"""Longer side in pixels that a picture is shrunk to before the model's processor, made for photos."""


class ChosenImageModel(TransformerModel):
    """A model that reads pictures.

    `model` is a folder or the name of one in the local cache, never downloaded. Its vectors are kept under
    the method "st-image-NAME/1" and never compared with another model's. `device` and `threads` as
    TransformerModel says. Every method raises ModelUnavailable too for a model that reads no pictures.
    """

    reads = "image"
    batch = 16

    def __init__(self, model: str, device: str = "cpu", threads: int = 0) -> None:
        super().__init__(model, device, threads)
        self.method = method_of(model, pictures=True)

    @property
    def dimensions(self) -> int:
        """Length of its vectors; loads the model. Raises ModelUnavailable."""
        return int(self.embed([np.zeros((1, 1, 3), np.uint8)]).shape[1])

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(pictures), dimensions), in the order given.

        Each picture is canonical RGB, uint8 of shape (height, width, 3), of any size from 1 × 1.
        Raises ModelUnavailable.
        """
        if not pictures:
            return np.zeros((0, 0), dtype=np.float32)
        return self._vectors([_bounded(picture) for picture in pictures])

    def _check(self, model: Any) -> None:
        if not model.supports("image"):
            raise ModelUnavailable(f"EMBEDDER_IMAGE names {self.model}, which does not read pictures.")


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
