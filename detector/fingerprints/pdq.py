"""PDQ, Meta's 256-bit perceptual hash of pictures (ThreatExchange, "PDQ and TMK+PDQF", 2019)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.pdq_hashing import dihedral

METHOD = "pdq/1"
TURNED_METHOD = "pdq-turned/1"
"""The seven rotated and mirrored hashes of a picture: asked with, never stored."""


def _packed(bits: NDArray[Any]) -> bytes:
    return np.packbits(bits.astype(np.uint8)).tobytes()


def pdq_prints(pixels: NDArray[np.uint8]) -> tuple[Fingerprint, ...]:
    """PDQ of uint8 pixels (height, width, 3): the upright hash, then those of the seven other dihedral views.

    Each value is 32 bytes; quality is PDQ's own gradient measure, 0 to 100. A flat picture scores near 0,
    and then only its upright hash is given.
    """
    views, quality = dihedral(pixels)
    upright = Fingerprint(METHOD, _packed(views[0]), quality)
    turned = tuple(Fingerprint(TURNED_METHOD, _packed(view), quality) for view in views[1:])
    return (upright, *turned)
