"""Audio and video containers, told by the structure of their first bytes and not by a mark alone.

Each of these is what FFmpeg reads of itself: none names another file or an address, as a playlist does.
"""

from collections.abc import Iterator

MATROSKA = "video/matroska"
WEBM = "video/webm"
"""Both may hold sound alone, which their heads do not say: they are video by type."""
AVI = "video/x-msvideo"
"""IANA calls it video/vnd.avi; by this name the C2PA SDK reads it, and everybody else too."""

_OGG_VIDEO = (b"\x80theora", b"BBCD\x00", b"OVP80")
_OGG_AUDIO = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_DOC_TYPES = {b"matroska": MATROSKA, b"webm": WEBM}
_EBML, _DOC_TYPE = b"\x1a\x45\xdf\xa3", 0x4282
_TS_PACKET, _TS_PACKETS = 188, 5


def stream_type(head: bytes) -> str | None:
    """The media type of an Ogg, Matroska, WebM, AVI, AIFF, ADTS or MPEG transport stream that begins with
    `head`; None for all else. Text may look like the last: ask only about what is none."""
    if head.startswith(b"OggS"):
        return _ogg(head)
    if head.startswith(_EBML):
        return _ebml(head)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return AVI
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/x-aiff"
    if _is_adts(head):
        return "audio/aac"
    return "video/mp2t" if _is_transport_stream(head) else None


def _ogg(head: bytes) -> str | None:
    """RFC 3533: the pages that begin a stream come first, each with its codec's name. Pictures make it a
    video."""
    names = list(_ogg_streams(head))
    if any(name.startswith(_OGG_VIDEO) for name in names):
        return "video/ogg"
    return "audio/ogg" if any(name.startswith(_OGG_AUDIO) for name in names) else None


def _ogg_streams(head: bytes) -> Iterator[bytes]:
    at = 0
    while head[at : at + 5] == b"OggS\x00" and at + 27 <= len(head) and head[at + 5] & 2:
        segments = head[at + 27 : at + 27 + head[at + 26]]
        body = at + 27 + head[at + 26]
        yield head[body : body + 16]
        at = body + sum(segments)


def _ebml(head: bytes) -> str | None:
    """RFC 8794 section 11.2: the first element names the document's type."""
    at, end = 4, len(head)
    size, at = _number(head, at)
    end = min(end, at + size)
    while at < end:
        key, at = _number(head, at, keep=True)
        size, at = _number(head, at)
        if key == _DOC_TYPE:
            return _DOC_TYPES.get(head[at : min(end, at + size)].rstrip(b"\x00"))
        at += size
    return None


def _number(head: bytes, at: int, *, keep: bool = False) -> tuple[int, int]:
    """A variable-size integer (RFC 8794 section 4) and where it ends; `keep` leaves the bit that tells its
    length, as identifiers have it. Past the end it is beyond any size."""
    first = head[at] if at < len(head) else 0
    if not first:
        return len(head), len(head)
    length = 9 - first.bit_length()
    value = int.from_bytes(head[at : at + length], "big")
    return (value if keep else value & ~(1 << 7 * length)), at + length


def _is_adts(head: bytes) -> bool:
    """ISO/IEC 14496-3 section 1.A.3.2: a frame whose length leads to another one, or to the end."""
    size = _adts_frame(head)
    return size > 0 and (_adts_frame(head[size:]) > 0 or size == len(head))


def _adts_frame(head: bytes) -> int:
    """The length that an ADTS header tells, 0 where there is none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 0xF > 12:
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0


def _is_transport_stream(head: bytes) -> bool:
    """ISO/IEC 13818-1 section 2.4.3.2: packets of 188 bytes that begin with 0x47; on Blu-ray discs and in
    camcorders each has a time of four bytes before it."""
    for first, step in ((0, _TS_PACKET), (4, _TS_PACKET + 4)):
        starts = head[first : first + _TS_PACKETS * step : step]
        if starts == b"\x47" * _TS_PACKETS:
            return True
    return False
