"""The fingerprint stage's value: short codes and vectors that survive small changes."""

from dataclasses import dataclass

from provenance.assets.asset import Medium


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One fingerprint. `method` names it with its version ("pdq/1", "minilm/1", "sha256/1").

    `value` is raw bytes: 32 bytes of a binary code, or little-endian float32 of an L2-normalised vector.
    `quality` is 0 to 100; below the method's floor it is kept but never matched.
    """

    method: str
    value: bytes
    quality: int = 100


@dataclass(frozen=True, slots=True)
class Unread:
    """Why an item could not be decoded: a stable code (that of the error) and a sentence for a person."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """All fingerprints of one item.

    `excerpt` is at most 500 characters of normalised text, for evidence. `iscc` is its ISO 24138 content code
    ("ISCC:…") and `thumbnail` a small JPEG, for its manifest; neither is matched with. `unread` says why
    there is nothing but the digest.
    """

    sha256: str
    medium: Medium
    prints: tuple[Fingerprint, ...]
    excerpt: str = ""
    iscc: str | None = None
    thumbnail: bytes | None = None
    unread: Unread | None = None
