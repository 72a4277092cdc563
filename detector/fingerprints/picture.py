"""What one decoding of a picture gives: everything that is computed from its pixels alone."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.image_embedding import small
from detector.fingerprints.iscc import image_code
from detector.fingerprints.pdq import pdq_prints
from detector.fingerprints.sift import sift_prints, unpacked
from detector.fingerprints.vlad import vlad_prints
from detector.media.image import ImageLimits, canonical_rgb
from detector.media.thumbnail import thumbnail


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's fingerprints, its ISCC Image-Code and its thumbnail (a small JPEG).

    `small` are the pixels for the embedding, uint8 (height, width, 3), at most 320 a side.
    """

    prints: tuple[Fingerprint, ...]
    iscc: str
    thumbnail: bytes
    small: NDArray[np.uint8] = field(compare=False)


def picture(path: Path, limits: ImageLimits) -> Picture:
    """Decode once and compute all. Raises MediaUnreadable as canonical_rgb does.

    Runs in a worker process (media/workers.py); its value crosses, of the pixels a small copy.
    """
    pixels = canonical_rgb(path, limits)
    return Picture(pixel_prints(pixels), image_code(pixels), thumbnail(pixels), small(pixels))


def pixel_prints(pixels: NDArray[np.uint8]) -> tuple[Fingerprint, ...]:
    """Those of canonical pixels, uint8 (height, width, 3): PDQ, local features and their vectors."""
    local = sift_prints(pixels)
    held = [unpacked(entry.value) for entry in local]
    vectors = vlad_prints(held[0], held[1]) if len(held) == 2 and held[0] and held[1] else ()
    return (*pdq_prints(pixels), *local, *vectors)
