"""One canonical decode: every picture becomes upright RGB pixels in the same way, whatever its file format.

The steps and their constants are part of each image fingerprint's version: changing any of them moves the
hashes (shrinking to 256 pixels first moved PDQ by 20 bits), so it needs a new version of every method.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from detector.errors import MediaUnreadable
from detector.media.colour import to_srgb

CANONICAL_VERSION = 1
CANONICAL_SIDE = 512
"""JPEGs are decoded at the smallest DCT scale, other pictures reduced by the largest whole factor, that
leaves no side below this many pixels (or as it was, where it already is)."""

LARGE_PIXELS = 16_000_000
"""Pictures decoded to more than this many wait for one another: 100 million pixels take 400 MB for a while,
and a file that claims them may have 300 KB."""
_LARGE = threading.Lock()

# Our own limit is read from the header before any pixel; Pillow's warning below it would only repeat itself.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

# Pillow reads on past these, and so do we: what it says of strangers' files is no news. Set once, for all
# threads: warnings.catch_warnings would take away the filters of the thread beside.
_PASSED_OVER = {
    "PIL.TiffImagePlugin": r"Tag (offset too large|data larger than file)|(Possibly c|C)orrupt EXIF|Metadata",
    "PIL.PngImagePlugin": "Invalid APNG",
    "PIL.JpegImagePlugin": "Image appears to be a malformed MPO",
    "PIL.Image": "Palette images with Transparency|.* opening failed",
}
for _module, _message in _PASSED_OVER.items():
    warnings.filterwarnings("ignore", _message, UserWarning, rf"{_module}\Z")

# Decoders report damage in many ways; which one depends on the format and on where it was cut. A warning is
# one of them where somebody makes errors of warnings.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, EOFError),
    Warning,
)

_DEEP_MODES = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """`max_pixels` is width x height as the header claims it."""

    max_pixels: int = 100_000_000


def _register_heif() -> None:
    """Let Pillow open HEIC and HEIF; Pillow decodes AVIF by itself."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _depth_to_8_bit(image: Image.Image) -> Image.Image:
    """16-bit integers lose their low byte; 32-bit and float pictures are stretched to their own range."""
    values: NDArray[Any] = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and 255 < int(values.max(initial=0)) <= 65535):
        return Image.fromarray((values.astype(np.uint32) >> 8).astype(np.uint8))
    if image.mode == "I" and int(values.min(initial=0)) >= 0 and int(values.max(initial=0)) <= 255:
        return Image.fromarray(values.astype(np.uint8))
    finite = np.nan_to_num(values.astype(np.float64))
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    return Image.fromarray(((finite - low) * (255 / ((high - low) or 1))).astype(np.uint8))


def _reduced(image: Image.Image) -> Image.Image:
    """Box-filter the picture down by a whole factor, so that what follows runs in bounded memory."""
    factor = min(image.size) // CANONICAL_SIDE
    if factor > 1 and image.mode == "1":
        image = image.convert("L")  # Pillow averages no single bits
    return image.reduce(factor) if factor > 1 else image


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode as sRGB; transparency is laid over white, as a browser's page would show it."""
    profile = image.info.get("icc_profile")
    if image.mode in _DEEP_MODES:
        image = _depth_to_8_bit(image)
    transparent = image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info
    if image.mode in {"P", "PA"} or (transparent and image.mode in {"L", "RGB", "1"}):
        image = image.convert("RGBA" if transparent else "RGB")
    image = to_srgb(_reduced(image), profile)
    if transparent:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        white.alpha_composite(rgba)
        image = white
    return image if image.mode == "RGB" else image.convert("RGB")


def _decode(image: Image.Image, limits: ImageLimits) -> NDArray[np.uint8]:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise MediaUnreadable(
            f"The picture is {width} x {height} pixels; the limit is {limits.max_pixels:,} in all.",
            code="too_many_pixels",
        )
    if image.format == "JPEG":
        shorter = max(1, min(width, height))
        scale = CANONICAL_SIDE / shorter
        if scale < 1:
            image.draft("RGB" if image.mode != "L" else "L", (int(width * scale), int(height * scale)))
    with _place(image.width * image.height):
        image.load()
        upright = _turned(_to_rgb(image), _orientation(image))
        return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8))


@contextmanager
def _place(pixels: int) -> Iterator[None]:
    """Wait until a picture of so many pixels may be decoded: large ones are, one after the other."""
    if pixels <= LARGE_PIXELS:
        yield
        return
    with _LARGE:
        yield


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where it is absent, damaged, or already applied (HEIC)."""
    if image.format == "HEIF":
        return 1
    value = image.getexif().get(0x0112, 1)
    return value if isinstance(value, int) else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Apply EXIF orientation 2 to 8 (Exif 2.32, tag 274)."""
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if method is None else image.transpose(method)


def canonical_rgb(path: Path, limits: ImageLimits | None = None) -> NDArray[np.uint8]:
    """The picture's first frame as upright pixels, uint8 of shape (height, width, 3).

    Raises MediaUnreadable with `too_many_pixels` (from the header, before any pixel is decoded),
    `truncated_file`, or `unreadable_image`.
    """
    _register_heif()
    try:
        with Image.open(path) as image:
            return _decode(image, limits or ImageLimits())
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        sentence = "The picture holds more pixels than the limit."
        raise MediaUnreadable(sentence, code="too_many_pixels") from error
    except UnidentifiedImageError as error:
        raise MediaUnreadable("No picture format we read.", code="unreadable_image") from error
    except _DAMAGE as error:
        told = str(error).lower()
        cut = any(word in told for word in ("truncat", "end of file", "unexpected end", "not enough", "eof"))
        code = "truncated_file" if cut else "unreadable_image"
        sentence = "The picture's file is cut short." if cut else "The picture's file is damaged."
        raise MediaUnreadable(sentence, code=code) from error
