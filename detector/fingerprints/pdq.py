"""PDQ, Meta's 256-bit perceptual hash of pictures (ThreatExchange, "PDQ and TMK+PDQF", 2019)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.pdq_hashing import dihedral
from detector.media.panels import panels

METHOD = "pdq/1"
TURNED_METHOD = "pdq-turned/1"
"""The seven rotated and mirrored hashes of a picture: asked with, never stored."""
INVERTED_METHOD = "pdq-inverted/1"
"""The hashes of the picture's negative, upright and mirrored: asked with, never stored."""
PANEL_METHOD = "pdq-panel/1"
"""The hashes of what plain lines set apart (panels.py), upright and mirrored: asked with, never stored."""
ASKED_METHODS = frozenset({TURNED_METHOD, INVERTED_METHOD, PANEL_METHOD})

_BOTH = [0, 5]
"""Places in pdqhash's order: original, turned by 90, 180, 270 degrees, up-down, left-right, diagonals."""


def _packed(bits: NDArray[Any]) -> bytes:
    return np.packbits(bits.astype(np.uint8)).tobytes()


def pdq_prints(pixels: NDArray[np.uint8]) -> tuple[Fingerprint, ...]:
    """PDQ of uint8 pixels (height, width, 3): the upright hash, then those to ask with.

    Each value is 32 bytes; quality is PDQ's own gradient measure, 0 to 100. A flat picture scores near 0.
    A negative's hash is the complement, but for the few coefficients at the median: nothing is computed anew.
    """
    views, quality = dihedral(pixels)
    prints = [Fingerprint(METHOD, _packed(views[0]), quality)]
    prints += [Fingerprint(TURNED_METHOD, _packed(view), quality) for view in views[1:]]
    prints += [Fingerprint(INVERTED_METHOD, _packed(1 - view), quality) for view in views[_BOTH]]
    for panel in panels(pixels):
        views, quality = dihedral(panel)
        prints += [Fingerprint(PANEL_METHOD, _packed(view), quality) for view in views[_BOTH]]
    return tuple(prints)
