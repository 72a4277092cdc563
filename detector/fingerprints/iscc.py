"""ISCC content codes (ISO 24138:2024): short codes of a picture or a text that anybody can compute again.

A picture is normalised as the standard and its reference implementation do: upright, on white (the canonical
decode gives both), empty borders cropped, grey, 32 x 32 pixels. Codes have 256 bits, of which the first 64
are the standard's usual short form. Nothing here is matched with yet: they are published as soft bindings.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 256
MAX_CHARACTERS = 100_000
"""Longer texts get no code: a million characters take 1.4 seconds, and the code of a part is another one."""

_SIDE = 32


def image_code(pixels: NDArray[np.uint8]) -> str:
    """The Image-Code ("ISCC:EED…") of uint8 pixels (height, width, 3)."""
    import iscc_core

    image = Image.fromarray(_cropped(pixels)).convert("L")
    grey = image.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    return str(iscc_core.gen_image_code(grey.tobytes(), BITS)["iscc"])


def text_code(text: str) -> str | None:
    """The Text-Code ("ISCC:EAD…") of a text; None for one of more than `MAX_CHARACTERS`."""
    import iscc_core

    if len(text) > MAX_CHARACTERS:
        return None
    return str(iscc_core.gen_text_code(text, BITS)["iscc"])


def _cropped(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels without a border of the upper left corner's colour; a picture of that one colour is left."""
    corner = pixels[0, 0]
    edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    if not any((edge == corner).all() for edge in edges):
        return pixels
    differs = (pixels != corner).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return pixels
    return np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
