"""What any image model offers the fingerprint stage: ours, or one of the operator's choice."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class ImageModel(Protocol):
    """Pictures in, vectors out; safe to share between threads."""

    @property
    def method(self) -> str:
        """Name and version of its fingerprints ("copydet/1")."""

    @property
    def ready(self) -> bool:
        """Whether the model is in memory already."""

    def warm(self) -> None:
        """Load the model now. Raises ModelUnavailable when it cannot be."""

    def weights(self) -> str:
        """SHA-256 (hex) of its weights. Raises ModelUnavailable."""

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(pictures), dimensions), in the order given.

        Each picture is canonical RGB, uint8 of shape (height, width, 3), of any size from 1 × 1.
        Raises ModelUnavailable when the model cannot be loaded.
        """
