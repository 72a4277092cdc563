"""The first stage's value: bytes we took in, what they are and where they lie."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Medium(StrEnum):
    """What kind of content the bytes hold; it decides which fingerprints apply."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    DOCUMENT = "document"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Asset:
    """Bytes taken in and identified by content, never by their name.

    `sha256` is 64 lower-case hex digits; `size` is in bytes; `media_type` is sniffed from the content;
    `name` is the caller's file name, reduced to a harmless label; `path` is a local file holding the bytes.
    """

    sha256: str
    size: int
    media_type: str
    medium: Medium
    name: str
    path: Path
