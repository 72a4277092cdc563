"""The media type of bytes, told by the bytes. The name's extension is never believed.

A table of our own: the types this engine signs need exact answers (HEIC against AVIF against MP4 is one brand
field), and general libraries guess from the extension where the content is unclear.
"""

import codecs
import re

from provenance.assets.asset import Medium
from provenance.assets.streams import stream_type

HEAD_BYTES = 4096
"""How many leading bytes `sniff` wants; more does not change its answer."""

TEXT = "text/plain"
FLAC = "audio/flac"
UNKNOWN = "application/octet-stream"

_MEDIA: dict[str, Medium] = {
    TEXT: Medium.TEXT,
    "application/pdf": Medium.DOCUMENT,
    UNKNOWN: Medium.OTHER,
}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"fLaC", FLAC),
)

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

# ISO base media file format brands (mp4ra.org). The major brand decides; generic ones ask the compatible
# list.
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_GENERIC_IMAGE_BRANDS = frozenset({b"mif1", b"msf1"})

_SVG = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE\s+svg[^\[>]*(?:\[.*?\]\s*)?>\s*)*"
    rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]",
    re.DOTALL,
)
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def sniff(head: bytes, name: str) -> tuple[str, Medium]:
    """The media type and medium of content that begins with `head` (4 KiB are enough).

    `name` is accepted for the record and not consulted: a wrong extension is typed by content. Text is UTF-8
    without control characters; all else is application/octet-stream.
    """
    del name
    media_type = _media_type(head[:HEAD_BYTES])
    return media_type, medium_of(media_type)


def medium_of(media_type: str) -> Medium:
    """The medium that a sniffed media type belongs to."""
    if media_type in _MEDIA:
        return _MEDIA[media_type]
    family = media_type.split("/", 1)[0]
    return Medium(family) if family in ("image", "audio", "video") else Medium.OTHER


def _media_type(head: bytes) -> str:  # noqa: PLR0911 - a table of tests, first match wins
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _base_media(head)
    if _is_mp3(head):
        return "audio/mpeg"
    is_text = _is_text(head)
    if not is_text and (stream := stream_type(head)):
        return stream
    # PDF 2.0 (ISO 32000-2, annex I): readers accept the header within the first 1,024 bytes.
    if b"%PDF-" in head[:1024] and (head.startswith(b"%PDF-") or not is_text):
        return "application/pdf"
    if _SVG.match(head):
        return "image/svg+xml"
    return TEXT if is_text else UNKNOWN


def _base_media(head: bytes) -> str:
    """ISO/IEC 14496-12 section 4.3: ftyp is size, type, major brand, minor version, compatible brands."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    if major in _BRANDS:
        return _BRANDS[major]
    compatible = [head[at : at + 4] for at in range(16, size - 3, 4)]
    if major in _GENERIC_IMAGE_BRANDS:
        return next((_BRANDS[brand] for brand in compatible if brand in _BRANDS), "image/heic")
    return "video/mp4"


def _is_mp3(head: bytes) -> bool:
    """An ID3v2 tag, or an MPEG-1/2 layer III frame header with possible bitrate and sample rate."""
    if head.startswith(b"ID3") and len(head) >= 10 and head[3] in (2, 3, 4):
        return True
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C


def tag_bytes(head: bytes) -> int:
    """The length of a leading ID3v2 tag (id3.org, section 3.1), or 0: FLAC may follow it, not only MP3."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10


def _is_text(head: bytes) -> bool:
    if not head or _TEXT_CONTROLS.search(head):
        return False
    try:
        # final=False: the head may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return False
    return True
