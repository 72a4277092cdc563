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
    everything = np.zeros(len(descriptors), dtype=np.int64)
    united: _Doubles = _united(_differences(descriptors, words, everything, 1))[0]
    return united


def _differences(
    descriptors: NDArray[np.float32], words: _Doubles, groups: NDArray[np.int64], count: int
) -> _Doubles:
    """What each group's descriptors differ by from their words, summed: float64 (count, WORDS, 128).

    `groups` names the group of each descriptor, under `count`. All is exact: these are multiples of 2^-33.
    """
    exact = descriptors.astype(np.float64)
    nearest = (exact @ words.T - 0.5 * (words * words).sum(axis=1)).argmax(axis=1)
    places = groups * len(words) + nearest
    order = np.argsort(places, kind="stable")
    filled, first, held = np.unique(places[order], return_index=True, return_counts=True)
    sums = np.zeros((count * len(words), words.shape[1]))
    if len(filled):
        own = words[nearest[order[first]]]
        sums[filled] = np.add.reduceat(exact[order], first, axis=0) - held[:, None] * own
    return sums.reshape(count, *words.shape)


def _united(differences: _Doubles) -> _Doubles:
    """Each word's sum set to unit length, and then the whole: (n, WORDS, 128) to (n, WORDS * 128)."""
    lengths = np.sqrt((differences * differences).sum(axis=2, keepdims=True))
    whole: _Doubles = (differences / np.maximum(lengths, 1e-6)).reshape(len(differences), -1)
    whole /= np.maximum(np.sqrt((whole * whole).sum(axis=1, keepdims=True)), 1e-6)
    return whole


def _vectors(differences: _Doubles) -> list[bytes]:
    held = vocabulary()
    sums = _united(differences) - held.mean
    turned = (np.rint(sums * _GRID) / _GRID) @ held.projection
    lengths = np.sqrt((turned * turned).sum(axis=1, keepdims=True))
    return [row.tobytes() for row in (turned / np.maximum(lengths, 1e-6)).astype("<f4")]


def vlad_prints(stored: LocalFeatures, asked: LocalFeatures) -> tuple[Fingerprint, ...]:
    """The vector of the stored features, and those to ask with: at most twenty, from the asked-with features.

    Raises ModelUnavailable.
    """
    words = vocabulary().words
    mirrored, inverted = asked.mirrored(), asked.inverted()
    whole = [stored, mirrored, inverted, inverted.mirrored()]
    described = [each.descriptors[:MOST_STORED] for each in whole]
    groups = np.repeat(np.arange(len(whole)), [len(each) for each in described])
    views = _differences(np.concatenate(described), words, groups, len(whole))
    parts = _parts(asked, words)
    methods = [METHOD, PART_METHOD, *[PART_METHOD] * len(parts), INVERTED_METHOD, INVERTED_METHOD]
    vectors = _vectors(np.concatenate([views[:2], parts, views[2:]]))
    return tuple(Fingerprint(method, vector) for method, vector in zip(methods, vectors, strict=True))


def _parts(features: LocalFeatures, words: _Doubles) -> _Doubles:
    """The differences of the left and right half, of three bands, of nine windows half as wide and high.

    Of those with enough points. Each part is made of cells a quarter as wide and high, summed once.
    """
    size = np.array([features.width, features.height], dtype=np.float32)
    across, down = np.minimum(_CELLS * (features.places / size), _CELLS - 1).astype(np.int64).T
    cells = down * _CELLS + across
    held = np.bincount(cells, minlength=_CELLS * _CELLS)
    made = _PARTS[_PARTS @ held >= _LEAST_IN_PART]
    differences = _differences(features.descriptors, words, cells, _CELLS * _CELLS)
    summed: _Doubles = made.astype(np.float64) @ differences.reshape(len(held), -1)
    return summed.reshape(-1, *words.shape)


def _cells_of_parts() -> NDArray[np.int64]:
    """Which cells each part is made of, ones and zeros, of shape (14, _CELLS * _CELLS)."""
    everywhere = np.ones(_CELLS, dtype=np.int64)
    halves = [np.isin(np.arange(_CELLS), (start, start + 1)).astype(np.int64) for start in range(3)]
    across = [halves[0], halves[2], everywhere, everywhere, everywhere]
    down = [everywhere, everywhere, *halves]
    windows = [(a, b) for a in halves for b in halves]
    return np.stack([np.outer(b, a).ravel() for a, b in [*zip(across, down, strict=True), *windows]])


_CELLS = 4
_PARTS = _cells_of_parts()
