"""Our own copy-detection embedding of pictures.

What it was trained on, and what it does not find: docs/detector/image-model.md.
"""

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.errors import ModelUnavailable
from detector.fingerprints.onnx_session import open_session
from detector.threads import cores

METHOD = "copydet/1"
DIMENSIONS = 192
WEIGHTS = Path(__file__).parent / "weights" / "copydet-1.onnx"
WEIGHTS_SHA256 = "9095493c76a14012c3c656a43a3d147bd241736834fada2624537a824ad174ab"
SIDE = 128
"""Pixels a side that the network is given; every picture is resized to that square, whatever its shape."""
_FEW = 4
"""Pictures that are not worth a thread."""
_BATCH = 16
"""Larger batches are no faster on a CPU, and this bounds the memory."""


class ImageEmbedder:
    """The network in ONNX Runtime, loaded once, on first use or by warm(); safe to share between threads.

    `device` and `threads` as open_session() says.
    `weights` are for measuring others than those shipped: only the shipped ones' digest is known.
    """

    method = METHOD
    dimensions = DIMENSIONS

    def __init__(self, device: str = "cpu", threads: int = 0, weights: Path | None = None) -> None:
        self.device = device
        self.threads = threads
        self._weights = weights
        self._lock = threading.Lock()
        self._session: Any = None

    def warm(self) -> None:
        """Load the network now. Raises ModelUnavailable when it cannot be."""
        self._loaded()

    @property
    def ready(self) -> bool:
        """Whether the network is in memory already."""
        return self._session is not None

    def weights(self) -> str:
        """SHA-256 (hex) of the network's file. Raises ModelUnavailable."""
        self._loaded()
        return WEIGHTS_SHA256 if self._weights is None else _digest(self._weights.read_bytes())

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(pictures), DIMENSIONS), in the order given.

        Each picture is canonical RGB, uint8 of shape (height, width, 3), of any size from 1 × 1.
        Raises ModelUnavailable when the network cannot be loaded.
        """
        vectors = np.zeros((len(pictures), DIMENSIONS), dtype=np.float32)
        if not pictures:
            return vectors
        session = self._loaded()
        for start in range(0, len(pictures), _BATCH):
            squares = self._squares(pictures[start : start + _BATCH])
            vectors[start : start + _BATCH] = session.run(None, {"pixels": squares})[0]
        return vectors

    def _squares(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """The pictures as the network is given them, (n, SIDE, SIDE, 3).

        Of 640 x 480 pixels, shrinking takes as long as the network does on two cores: of many at once it is
        shared out, to threads that end with it (others would not be there after a fork).
        """
        threads = min(self.threads or cores(), len(pictures) // _FEW)
        if threads < 2:
            return np.stack([squared(picture, SIDE) for picture in pictures])
        with ThreadPoolExecutor(threads) as pool:
            return np.stack(list(pool.map(lambda picture: squared(picture, SIDE), pictures)))

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = self._open()
            return self._session

    def _open(self) -> Any:
        try:
            content = (self._weights or WEIGHTS).read_bytes()
        except OSError as error:
            raise ModelUnavailable(f"The image model could not be read: {error.strerror}.") from error
        if self._weights is None and _digest(content) != WEIGHTS_SHA256:
            raise ModelUnavailable(f"The image model {WEIGHTS.name} is not the one this version came with.")
        return open_session(content, "image", self.device, self.threads)


def is_intact() -> bool:
    """Whether the weights that this version came with are there, whole."""
    try:
        return _digest(WEIGHTS.read_bytes()) == WEIGHTS_SHA256
    except OSError:
        return False


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def squared(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """`picture` (height, width, 3) as (side, side, 3): its sides stretched, so that no part of it is lost."""
    resized = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(resized, dtype=np.uint8)
