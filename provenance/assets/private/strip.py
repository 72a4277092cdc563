"""The table of formats, and the two functions that blank what is private: in memory, and in a file."""

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provenance.assets.private import bmff, gif, inside, jpeg_file, png, riff, sound, svg, tiff
from provenance.assets.private.canvas import Canvas
from provenance.assets.structure.walker import malformed

_BLANKS: dict[str, Callable[[Canvas], None]] = {
    "image/jpeg": jpeg_file.blank,
    "image/png": png.blank,
    "image/gif": gif.blank,
    "image/webp": riff.blank,
    "image/tiff": tiff.blank,
    "image/avif": bmff.blank,
    "image/heic": bmff.blank,
    "image/svg+xml": svg.blank,
    "video/mp4": bmff.blank,
    "video/quicktime": bmff.blank,
    "audio/mp4": bmff.blank,
    "audio/wav": riff.blank,
    "audio/mpeg": sound.blank,
    "audio/flac": sound.blank,
    "application/pdf": inside.blank_pdf,
}


@dataclass(frozen=True, slots=True)
class Stripped:
    """Content of the same length without private metadata; `removed` says in plain words what went."""

    data: bytes
    removed: tuple[str, ...]


def strip(data: bytes, media_type: str) -> Stripped:
    """`data` (of the sniffed `media_type`) without GPS and private metadata; doing it again changes nothing.

    Artist, copyright, dates, camera model, orientation and colour profiles stay, as does a C2PA manifest.
    Types that are not known to hold such metadata come back as they are. Raises RejectedAsset
    `malformed_media` or `truncated_file` where the file's own structure cannot be walked, as intake does.
    """
    if media_type not in _BLANKS:
        return Stripped(data, ())
    canvas = Canvas(bytearray(data))
    _blank(canvas, media_type)
    return Stripped(bytes(canvas.data), tuple(sorted(canvas.removed)))


def strip_file(path: Path, media_type: str) -> tuple[str, ...]:
    """Do the same to the file at `path`, in place over a memory map; what was removed.

    `path` is the caller's own writable copy; a file that holds nothing private is not written to. Raises as
    `strip` does (the copy is then to be thrown away), OSError where the file cannot be mapped.
    """
    if media_type not in _BLANKS or not path.stat().st_size:
        return ()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        canvas = Canvas(data)
        _blank(canvas, media_type)
        return tuple(sorted(canvas.removed))


def _blank(canvas: Canvas, media_type: str) -> None:
    try:
        _BLANKS[media_type](canvas)
    except (OverflowError, IndexError) as error:
        raise malformed("its lengths contradict each other") from error
