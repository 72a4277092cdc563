"""Digests: equal or not, nothing in between."""

import hashlib

from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.text_normaliser import MAX_CHARACTERS, normalise

SHA256_METHOD = "sha256/1"
TEXTSHA_METHOD = "textsha/3"


def digest_print(sha256: str) -> Fingerprint:
    """The file's own SHA-256 (64 hex digits) as a fingerprint of 32 bytes."""
    return Fingerprint(SHA256_METHOD, bytes.fromhex(sha256))


def text_print(text: str) -> Fingerprint:
    """SHA-256 over the normalised text, and over the raw rest of a text longer than the normaliser reads."""
    rest = text[MAX_CHARACTERS:]
    content = normalise(text) + ("\0" + rest if rest else "")
    return Fingerprint(TEXTSHA_METHOD, hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest())
