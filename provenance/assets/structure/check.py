"""The table of structural checks, and the one function that runs the right one."""

import mmap
from collections.abc import Callable
from pathlib import Path

from provenance.assets.limits import Limits
from provenance.assets.structure import bmff, gif, jpeg, png, riff, svg, tiff
from provenance.assets.structure.walker import Walk, malformed

_CHECKS: dict[str, Callable[[Walk], None]] = {
    "image/jpeg": jpeg.check,
    "image/png": png.check,
    "image/gif": gif.check,
    "image/webp": riff.check_webp,
    "image/tiff": tiff.check,
    "image/avif": bmff.check_picture,
    "image/heic": bmff.check_picture,
    "image/svg+xml": svg.check,
    "video/mp4": bmff.check_media,
    "video/quicktime": bmff.check_media,
    "audio/mp4": bmff.check_media,
    "audio/wav": riff.check_wav,
}


def check(path: Path, media_type: str, limits: Limits) -> None:
    """Refuse a file that claims too much or ends too early; types without a table entry pass.

    Raises RejectedAsset with `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media` or
    `active_content`. Memory stays bounded: the file is mapped, never read whole.
    """
    walker = _CHECKS.get(media_type)
    if walker is None:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            walker(Walk(data, limits))
        except (OverflowError, IndexError) as error:
            raise malformed("its lengths contradict each other") from error
