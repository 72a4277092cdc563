"""Hashed character shingles in 512 dimensions: proposes texts of nearly the same letters, without weights.

Each shingle of the skeleton adds +1 or -1 to the dimension that its hash names (Weinberger et al., "Feature
Hashing for Large Scale Multitask Learning", 2009). Cosine between two such vectors estimates the cosine of
their shingle counts, with a standard error of about 1/sqrt(512) = 0.044; detector/recheck.py compares what it
proposes by the skeletons themselves, which are kept beside it.
"""

import zlib
from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint

SHORT_METHOD = "shingle3/3"
LONG_METHOD = "shingle8/3"
SKELETON_METHOD = "skeleton/3"
DIMENSIONS = 512
SHORT_LIMIT = 1_500
"""Beyond this many skeleton characters any two texts of one language share most of their trigrams."""
LONG_FLOOR = 400
"""Below this many skeleton characters one edit breaks too large a share of the eight-character shingles."""
LONGEST = 50_000
"""Skeleton characters that are compared; what follows counts in the exact digests alone."""


@lru_cache(maxsize=200_000)
def _slot(shingle: str) -> tuple[int, int]:
    """Dimension 0 to 511 and sign of a shingle; CRC-32 is the same on every machine."""
    code = zlib.crc32(shingle.encode("utf-8", "surrogatepass"))
    code = (code * 0x9E3779B1) & 0xFFFFFFFF
    return code >> 23, 1 if code & 0x400000 else -1


def project(skeleton: str, size: int) -> NDArray[np.float32]:
    """The L2-normalised projection, float32 of shape (512,), of the skeleton's shingles of `size` characters.

    Counts enter by their square root, so that one repeated phrase does not drown the rest.
    """
    text = skeleton[:LONGEST]
    counts = Counter(text[i : i + size] for i in range(max(1, len(text) - size + 1)))
    vector = np.zeros(DIMENSIONS, dtype=np.float64)
    for shingle, count in counts.items():
        slot, sign = _slot(shingle)
        vector[slot] += sign * count**0.5
    norm = float(np.linalg.norm(vector))
    return (vector / norm if norm else vector).astype(np.float32)


def text_weight(skeleton: str) -> int:
    """How much a skeleton says, 0 to 100: 3 a character, 6 where one is a syllable or word (CJK, Hangul).

    Only different characters in a row count, since the skeleton has already dropped repeats.
    """
    dense = sum(1 for c in skeleton[:100] if "\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af")
    return min(100, 3 * (len(skeleton) + dense))


def shingle_prints(skeleton: str) -> tuple[Fingerprint, ...]:
    """Three-character shingles for short texts, eight-character ones for long, both in between; none for "".

    Each value is 512 little-endian float32; quality is text_weight(). The skeleton itself, packed, is last.
    """
    if not skeleton:
        return ()
    weight = text_weight(skeleton)
    prints = []
    if len(skeleton) <= SHORT_LIMIT:
        prints.append(Fingerprint(SHORT_METHOD, project(skeleton, 3).astype("<f4").tobytes(), weight))
    if len(skeleton) >= LONG_FLOOR:
        prints.append(Fingerprint(LONG_METHOD, project(skeleton, 8).astype("<f4").tobytes(), weight))
    prints.append(Fingerprint(SKELETON_METHOD, packed(skeleton), weight))
    return tuple(prints)


def packed(skeleton: str) -> bytes:
    """The first `LONGEST` characters, in UTF-8, deflated."""
    return zlib.compress(skeleton[:LONGEST].encode("utf-8", "surrogatepass"), 1)


def unpacked(value: bytes) -> str:
    """What packed() was given, as far as it was kept; "" where the value is not of its making."""
    try:
        content = zlib.decompressobj().decompress(value, 4 * LONGEST)
        return content.decode("utf-8", "surrogatepass")[:LONGEST]
    except (zlib.error, UnicodeDecodeError):
        return ""
