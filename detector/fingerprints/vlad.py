"""One vector of all local features of a picture, or of a part of it, by which pictures are proposed.

A vector of locally aggregated descriptors (Jégou et al., "Aggregating local descriptors into a compact image
representation", CVPR 2010): every descriptor goes to the nearest of 64 visual words; what the descriptors of
a word differ from it by is summed, each word's sum set to unit length (Arandjelović, Zisserman, CVPR 2013),
and the whole turned to 256 dimensions and half-whitened (Jégou, Chum, ECCV 2012). Because features are turned
with the picture, so is what they sum to: turned copies are near each other, and the vectors of a part, of the
mirrored picture and of its negative come from the same features. Words and projection are learnt by
`python -m detector.train_vocabulary`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelUnavailable
from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.sift import MOST_STORED, LocalFeatures

_Doubles = NDArray[np.float64]

METHOD = "vlad/1"
DIMENSIONS = 256
WORDS = 64
PART_METHOD = "vlad-part/1"
"""Vectors of the mirrored picture and of parts of the picture: asked with, never stored."""
INVERTED_METHOD = "vlad-inverted/1"
"""Vectors of the picture's negative, upright and mirrored: asked with, never stored."""
ASKED_METHODS = frozenset({PART_METHOD, INVERTED_METHOD})
WEIGHTS = Path(__file__).with_name("weights") / "vlad-1.npz"
WEIGHTS_SHA256 = "ecc1f1e8e0dae7aca84682985295eea2e2a6dff9fcb4c7a34ff71e5fc955b15e"

_LEAST_IN_PART = 12


_GRID = 2.0**24
"""Sums are rounded to multiples of its inverse, as words and projection, kept in half precision, are anyway.
Products of such doubles add up exactly, in whatever order threads and lanes take them: a picture has the same
vectors wherever they are computed."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`words` (WORDS, 128); `mean` (WORDS * 128,) and `projection` (WORDS * 128, DIMENSIONS), all float64."""

    words: _Doubles
    mean: _Doubles
    projection: _Doubles


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary in the tree. Raises ModelUnavailable where it is missing or another one."""
    try:
        content = WEIGHTS.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"The picture vocabulary {WEIGHTS.name} cannot be read.") from error
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise ModelUnavailable(f"The picture vocabulary {WEIGHTS.name} is not the one that {METHOD} names.")
    with np.load(WEIGHTS, allow_pickle=False) as held:
        return Vocabulary(*(held[name].astype(np.float64) for name in ("words", "mean", "projection")))


def aggregated(descriptors: NDArray[np.float32], words: _Doubles) -> _Doubles:
    """The sums of how descriptors (n, 128) differ from their words, float64 (WORDS * 128,), unit norm."""
    nearest = (descriptors.astype(np.float64) @ words.T - 0.5 * (words * words).sum(axis=1)).argmax(axis=1)
    chosen = np.zeros((len(words), len(descriptors)))
    chosen[nearest, np.arange(len(descriptors))] = 1
    sums = chosen @ descriptors - chosen.sum(axis=1, keepdims=True) * words
    lengths = np.sqrt((sums * sums).sum(axis=1, keepdims=True))
    whole: _Doubles = (sums / np.maximum(lengths, 1e-6)).ravel()
    return whole / max(float(np.sqrt((whole * whole).sum())), 1e-6)


def _vectors(wanted: Sequence[NDArray[np.float32]]) -> list[bytes]:
    held = vocabulary()
    sums = np.stack([aggregated(descriptors, held.words) for descriptors in wanted]) - held.mean
    turned = (np.rint(sums * _GRID) / _GRID) @ held.projection
    lengths = np.sqrt((turned * turned).sum(axis=1, keepdims=True))
    return [row.tobytes() for row in (turned / np.maximum(lengths, 1e-6)).astype("<f4")]


def vlad_prints(stored: LocalFeatures, asked: LocalFeatures) -> tuple[Fingerprint, ...]:
    """The vector of the stored features, and those to ask with: at most twenty, from the asked-with features.

    Raises ModelUnavailable.
    """
    mirrored, inverted = asked.mirrored(), asked.inverted()
    parts = [asked.descriptors[part] for part in _parts(asked) if int(part.sum()) >= _LEAST_IN_PART]
    wanted = [
        (METHOD, stored.descriptors),
        (PART_METHOD, mirrored.descriptors[:MOST_STORED]),
        *((PART_METHOD, part) for part in parts),
        (INVERTED_METHOD, inverted.descriptors[:MOST_STORED]),
        (INVERTED_METHOD, inverted.mirrored().descriptors[:MOST_STORED]),
    ]
    vectors = _vectors([descriptors for _, descriptors in wanted])
    return tuple(Fingerprint(method, vector) for (method, _), vector in zip(wanted, vectors, strict=True))


def _parts(features: LocalFeatures) -> list[NDArray[np.bool_]]:
    """Which points lie in the left and right half, in three bands, in nine windows half as wide and high."""
    x, y = features.places[:, 0] / features.width, features.places[:, 1] / features.height
    starts = (0.0, 0.25, 0.5)
    across = [(x >= start) & (x < start + 0.5) for start in starts]
    down = [(y >= start) & (y < start + 0.5) for start in starts]
    return [across[0], across[2], *down, *(a & b for a in across for b in down)]
