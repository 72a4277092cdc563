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


class VideoCode:
    """Makes the Video-Code of frame signatures that come one after the other.

    As iscc_core.gen_video_code, which would hold every frame's signature as 380 objects.
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._total = np.zeros(ELEMENTS, dtype=np.int64)
        self._flat = True

    def add(self, signature: NDArray[np.uint8]) -> None:
        """Take one more frame's signature, 380 values."""
        if signature.tobytes() not in self._seen:
            self._seen.add(signature.tobytes())
            self._total += signature
            self._flat = self._flat and bool((signature == 1).all())

    def code(self) -> str | None:
        """The Video-Code ("ISCC:EMD…") so far; None without frames, and where no frame has a part brighter
        than another."""
        import iscc_core

        if self._flat:
            return None
        kind = (iscc_core.MT.CONTENT, iscc_core.ST_CC.VIDEO, iscc_core.VS.V0)
        digest = iscc_core.alg_wtahash(self._total.tolist(), BITS)
        return f"ISCC:{iscc_core.encode_component(*kind, BITS, digest)}"


def video_code(signatures: Iterable[NDArray[np.uint8]]) -> str | None:
    """The Video-Code of frame signatures: see VideoCode."""
    made = VideoCode()
    for signature in signatures:
        made.add(signature)
    return made.code()


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
