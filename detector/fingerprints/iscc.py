"""ISCC content codes (ISO 24138:2024): short codes of any content that anybody can compute again.

A picture is normalised as the standard and its reference implementation do: upright, on white (the canonical
decode gives both), empty borders cropped, grey, 32 x 32 pixels. Sound is coded from its Chromaprint features,
a video from the frame signatures of MPEG-7. Codes have 256 bits, of which the first 64 are the standard's
usual short form. They are published as soft bindings and looked up by them; items are not compared by them.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.fingerprints.frame_signature import ELEMENTS

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


def audio_code(features: NDArray[np.int32]) -> str | None:
    """The Audio-Code ("ISCC:EID…") of the Chromaprint features of a sound.

    None where there are none (it lasts less than 2.7 seconds) or but one, again and again (silence): such a
    code would be that of every silence.
    """
    import iscc_core

    if not features.size or (features == features[0]).all():
        return None
    return str(iscc_core.gen_audio_code(features.tolist(), BITS)["iscc"])


def video_code(signatures: Iterable[NDArray[np.uint8]]) -> str | None:
    """The Video-Code ("ISCC:EMD…") of frame signatures, each of 380 values.

    None without frames, and where no frame has a part brighter than another. As iscc_core.gen_video_code,
    which would hold every frame's signature as 380 objects.
    """
    import iscc_core

    seen: set[bytes] = set()
    total = np.zeros(ELEMENTS, dtype=np.int64)
    flat = True
    for signature in signatures:
        if signature.tobytes() not in seen:
            seen.add(signature.tobytes())
            total += signature
            flat = flat and bool((signature == 1).all())
    if flat:
        return None
    kind = (iscc_core.MT.CONTENT, iscc_core.ST_CC.VIDEO, iscc_core.VS.V0)
    return f"ISCC:{iscc_core.encode_component(*kind, BITS, iscc_core.alg_wtahash(total.tolist(), BITS))}"


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
