"""How a binary code is cut into words, and which words near a query's a search looks up.

Of every code within the radius some word is near the query's own (see pigeonhole.py); the fewer and longer
the words, the fewer codes share one, and the more words lie near a word. Between a million and ten million
codes the least time is where about 23 codes share a word, whatever their number (docs/adr/0029).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SHORTEST, LONGEST = 14, 20
"""About how many bits a word has at least and at most: of shorter ones there would be many, and longer ones'
tables would not fit a cache."""
_FOLLOWING = 32
_SHARED_BITS = 4.5
"""The binary logarithm of how many codes share a word."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a code, in order: the bit where each begins, how many bits it has, and how many after it
    are kept beside it, of the two next words at most (all int64).

    Bits are numbered in the code's little-endian 64-bit parts, lowest first.
    """

    begins: NDArray[np.int64]
    widths: NDArray[np.int64]
    follows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.widths)


@dataclass(frozen=True, slots=True)
class Flips:
    """What a search looks up: `allowed` bits a word (int64, -1 is never), and in `masks` (uint32) between
    bounds[i] and bounds[i + 1] every way to flip at most so many bits of word i, ascending."""

    allowed: NDArray[np.int64]
    masks: NDArray[np.uint32]
    bounds: NDArray[np.int64]


def words_for(number: int, bits: int) -> int:
    """Into how many words codes of `bits` bits are cut, where there are `number` of them."""
    width = min(max(float(np.log2(max(number, 1))) - _SHARED_BITS, SHORTEST), LONGEST)
    return max(round(bits / width), -(-bits // LONGEST))


def cut(bits: int, words: int) -> Words:
    """As evenly as can be; the last ones are a bit longer, as the first ones may differ by a bit more."""
    widths = np.full(words, bits // words, dtype=np.int64)
    widths[words - bits % words :] += 1
    begins = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64)
    follows = np.minimum(np.roll(widths, -1) + np.roll(widths, -2), _FOLLOWING)
    return Words(begins, widths, follows)


def allowances(radius: int, words: int) -> NDArray[np.int64]:
    """How many bits each word may differ by: the sum of (allowance + 1) is radius + 1. -1 is never."""
    each, rest = divmod(radius + 1, words)
    allowed = np.full(words, each - 1, dtype=np.int64)
    allowed[:rest] += 1
    return allowed


def looked_up(words: Words, radius: int) -> float:
    """How many entries a search reads, as a share of the codes, were codes random: at most len(words)."""
    allowed = allowances(radius, len(words))
    return math.fsum(
        math.comb(int(width), count) / 2 ** int(width)
        for width, most in zip(words.widths, allowed, strict=True)
        for count in range(int(most) + 1)
    )


@lru_cache(maxsize=64)
def _masks(width: int, most: int) -> NDArray[np.uint32]:
    every = np.arange(1 << width, dtype=np.uint32)
    return every[np.bitwise_count(every) <= most]


@lru_cache(maxsize=16)
def flips(bits: int, words: int, radius: int) -> Flips:
    """What a search among codes of `bits` bits, cut into `words`, looks up. Kept, as radii recur."""
    allowed = allowances(radius, words)
    lists = [
        _masks(int(width), int(most)) for width, most in zip(cut(bits, words).widths, allowed, strict=True)
    ]
    bounds = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return Flips(allowed, np.concatenate(lists), bounds)
