"""Colours as the file's ICC profile means them, in sRGB (IEC 61966-2-1): Display P3, Adobe RGB, CMYK.

A profile is a stranger's program for colours: over 4 MiB, broken, of another kind than the pixels, or leaving
hardly a difference between light and dark (to hide a picture from us), it is ignored.
"""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4 * 1024 * 1024
_SAME = 2
"""Levels of 256 that a profile may move any colour by and still count as sRGB: no time is spent on those."""
_LEAST_RANGE = 96
"""Levels of 256 between the darkest and the lightest of all colours."""

# Pillow's modes, the kind of profile that speaks about them, and the mode that comes out.
_KINDS = {
    "RGB": ("RGB ", "RGB"),
    "RGBA": ("RGB ", "RGBA"),
    "L": ("GRAY", "RGB"),
    "CMYK": ("CMYK", "RGB"),
}


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The picture in sRGB; itself where the profile (ICC.1, bytes) is none, is sRGB or is unusable."""
    if not isinstance(profile, bytes) or not 128 <= len(profile) <= MAX_PROFILE_BYTES:
        return image
    if image.mode not in _KINDS:
        return image
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    found = ImageCms.applyTransform(image, transform)
    return image if found is None else found


@lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str) -> Any:
    """The way into sRGB; None where there is none, or where it leaves everything as it is."""
    kind, out = _KINDS[mode]
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != kind:
            return None
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            out,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return transform if _is_of_use(transform, mode) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_of_use(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tried on a grid of colours: whether it changes any, and leaves light and dark apart."""
    steps = np.linspace(0, 255, 17).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(17, -1, 3)
    before = Image.fromarray(colours).convert(mode)
    after = ImageCms.applyTransform(before, transform)
    if after is None:
        return False
    values = np.asarray(after.convert("RGB"), dtype=np.int16)
    if np.ptp(values.max(axis=2)) < _LEAST_RANGE:
        return False
    if mode not in ("RGB", "RGBA"):
        return True
    return int(np.abs(values - colours).max()) > _SAME
