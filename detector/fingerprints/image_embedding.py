"""The embedding of a picture, and those of its parts by which what was laid into it is proposed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.fingerprints.copydet import METHOD as COPYDET_METHOD
from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.image_model import ImageModel

PART_METHOD = "copydet-part/1"
"""The embeddings of parts of the picture: asked with, never stored."""
SMALL_SIDE = 320
_LEAST_SIDE = 32
_PARTS = (
    (0.0, 0.0, 0.5, 0.5),
    (0.0, 0.5, 0.5, 0.5),
    (0.5, 0.0, 0.5, 0.5),
    (0.5, 0.5, 0.5, 0.5),
)
"""Top, left, height and width as shares. Halves and the middle found nothing more on tuning data."""


def small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with its longer side at most SMALL_SIDE: enough for any model, little to hand on."""
    factor = SMALL_SIDE / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    height, width = (max(1, round(side * factor)) for side in pixels.shape[:2])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(image, dtype=np.uint8)


def embedding_prints(
    model: ImageModel, seen: NDArray[np.uint8], quality: int = 100
) -> tuple[Fingerprint, ...]:
    """The embedding of what small() gave; with our own model, those of its quarters as well.

    `quality` is the picture's own, from PDQ. A model of the operator's choice is asked about the whole
    alone. Raises ModelUnavailable.
    """
    own = model.method == COPYDET_METHOD
    parts = [_part(seen, *part) for part in _PARTS] if own and min(seen.shape[:2]) >= _LEAST_SIDE else []
    vectors = model.embed([seen, *parts])
    whole, *others = (vector.astype("<f4").tobytes() for vector in vectors)
    return (
        Fingerprint(model.method, whole, quality),
        *(Fingerprint(PART_METHOD, other, quality) for other in others),
    )


def _part(seen: NDArray[np.uint8], top: float, left: float, high: float, wide: float) -> NDArray[Any]:
    height, width = seen.shape[:2]
    down, across = round(top * height), round(left * width)
    part = seen[down : down + round(high * height), across : across + round(wide * width)]
    return np.ascontiguousarray(part)
