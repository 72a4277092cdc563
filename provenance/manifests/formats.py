"""Which media types carry a manifest inside, and which get a sidecar.

Seen to embed, validate and detect a changed byte with the SDK in use (docs/formats); all else is signed
detached. So is AVI, though the SDK embeds there too: of a file of over a gigabyte (OpenDML) it drops all that
follows the first RIFF.
"""

SIDECAR_TYPE = "application/c2pa"
OPAQUE = "application/octet-stream"
"""Detached manifests bind the bytes as they are; as a known type, some would be rewritten on signing."""

_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tiff",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/flac": ".flac",
    "application/pdf": ".pdf",
}
_DETACHED_EXTENSIONS = {
    "text/plain": ".txt",
    "audio/ogg": ".ogg",
    "audio/aac": ".aac",
    "audio/x-aiff": ".aiff",
    "video/ogg": ".ogv",
    "video/webm": ".webm",
    "video/matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "video/mp2t": ".ts",
}

EMBEDDABLE = frozenset(_EXTENSIONS)


def embeds(media_type: str) -> bool:
    """Whether a manifest goes inside a file of this type."""
    return media_type in EMBEDDABLE


def extension(media_type: str) -> str:
    """The usual extension, dot included; `.bin` for types without one here."""
    return _EXTENSIONS.get(media_type) or _DETACHED_EXTENSIONS.get(media_type, ".bin")
