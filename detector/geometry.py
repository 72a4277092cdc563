"""The judge of pictures: whether their local features lie in the same arrangement.

Descriptors are paired where each is the other's nearest; every pair then says by its points' places, scales
and angles where all others should lie (a similarity, as in Philbin et al., "Object retrieval with large
vocabularies and fast spatial matching", CVPR 2007), and the best-supported one is refined to an affine map.
Every pair is tried, none drawn by lot: the same pictures always give the same answer.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector import threads
from detector.fingerprints.sift import LocalFeatures

# Now, while nothing computes: OpenBLAS gives back the buffers of the threads it is told to do without.
threads.one_thread()

_Floats = NDArray[np.float32]
_Complex = NDArray[np.complex64]

LEAST_INLIERS = 4
_NEAREST_RATIO = 0.92
"""A pair counts when its distance is under this share of the distance to the second nearest."""
_BEYOND_DOUBT = 25
_MOST_TRIED = 160
_LOOSE, _TIGHT = 0.035, 0.02
"""Tolerances for a similarity and for the refined map, as a share of the working picture's longer side."""
_SCALE_OFF, _ANGLE_OFF = 0.8, math.radians(30)
_LARGEST_SCALE, _MOST_STRETCH = 8.0, 2.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two pictures' points agree.

    `inliers` of `pairs` lie where the affine `matrix` (2, 3), from the asked picture's pixels (mirrored first
    where `mirrored`) to the stored one's, puts them. `asked_outline` and `stored_outline` are the convex
    hulls of their places, (corners, 2), as shares of each picture's width and height; `coverage` is the area
    of the larger. `look` is the correlation of the two pictures' grey levels, one laid over the other, from
    -1 to 1. Sizes are width and height of the working pictures.
    """

    inliers: int
    pairs: int
    matrix: NDArray[np.float64]
    mirrored: bool
    inverted: bool
    asked_outline: _Floats
    stored_outline: _Floats
    coverage: float
    look: float
    asked_size: tuple[int, int]
    stored_size: tuple[int, int]

    @property
    def scale(self) -> float:
        """How many times as large the asked picture's content is in the stored one."""
        return math.sqrt(abs(float(np.linalg.det(self.matrix[:, :2]))))

    @property
    def degrees(self) -> float:
        """By how much the stored picture, mirrored first if it is, is turned counter-clockwise here."""
        m = self.matrix
        turned = math.degrees(math.atan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1]))
        return -turned if self.mirrored else turned


class Judge:
    """One asked picture's features, to be compared with many."""

    def __init__(self, asked: LocalFeatures) -> None:
        plain, mirrored = asked, asked.mirrored()
        self._views = {
            (False, False): plain,
            (True, False): mirrored,
            (False, True): plain.inverted(),
            (True, True): mirrored.inverted(),
        }
        self._width = asked.width

    def compare(
        self, stored: LocalFeatures, *, upright: bool = True, inverted: bool = False
    ) -> Agreement | None:
        """The best agreement of the picture (`upright`), of its negative (`inverted`), or of both, each as it
        is and mirrored; None where none is plausible. Once one is beyond doubt, the others are not tried."""
        best: Agreement | None = None
        for negative in (False, True):
            if not (inverted if negative else upright):
                continue
            for mirrored in (False, True):
                found = self._view(stored, mirrored, negative)
                if found is not None and (best is None or found.inliers > best.inliers):
                    best = found
                if best is not None and best.inliers >= _BEYOND_DOUBT:
                    return best
        return best

    def _view(self, stored: LocalFeatures, mirrored: bool, inverted: bool) -> Agreement | None:
        asked = self._views[mirrored, inverted]
        ours, theirs, alike = _paired(asked.descriptors, stored.descriptors)
        if len(ours) < LEAST_INLIERS:
            return None
        agreed = _best_similarity(asked, stored, ours, theirs)
        matrix, agreed = _refined(asked.places[ours], stored.places[theirs], agreed, _span(asked, stored))
        if matrix is None or not _plausible(matrix):
            return None
        ours, theirs = ours[agreed], theirs[agreed]
        count = min(_different(asked.places[ours]), _different(stored.places[theirs]))
        if count < LEAST_INLIERS:
            return None
        places = asked.places[ours].copy()
        if mirrored:
            places[:, 0] = self._width - 1 - places[:, 0]
        here = _hull(places, asked)
        there = _hull(stored.places[theirs], stored)
        return Agreement(
            inliers=count,
            pairs=len(alike),
            matrix=matrix,
            mirrored=mirrored,
            inverted=inverted,
            asked_outline=here,
            stored_outline=there,
            coverage=max(_area(here), _area(there)),
            look=_correlation(asked, stored, matrix),
            asked_size=(asked.width, asked.height),
            stored_size=(stored.width, stored.height),
        )


def _hull(places: _Floats, picture: LocalFeatures) -> _Floats:
    """The convex hull's corners, in order (Andrew's monotone chain), as shares of the picture."""
    shares = np.clip(places / np.array([picture.width, picture.height], dtype=np.float32), 0, 1)
    points = sorted({(float(x), float(y)) for x, y in shares})
    chains = []
    for row in (points, points[::-1]):
        chain: list[tuple[float, float]] = []
        for x, y in row:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                chain.pop()
            chain.append((x, y))
        chains += chain[:-1]
    return np.array(chains or points, dtype=np.float32)


def _area(outline: _Floats) -> float:
    x, y = outline[:, 0], outline[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _correlation(asked: LocalFeatures, stored: LocalFeatures, matrix: NDArray[np.float64]) -> float:
    """How the grey levels go together where one picture lies in the other; 0 where it hardly does."""
    side = len(asked.look)
    across = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(across * asked.width, across * asked.height)
    u, v = matrix @ np.stack([x.ravel(), y.ravel(), np.ones(side * side)])
    column = np.floor(u * side / stored.width).astype(np.int64)
    row = np.floor(v * side / stored.height).astype(np.int64)
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    if int(inside.sum()) < side:
        return 0.0
    ours, theirs = asked.look.ravel()[inside], stored.look[row[inside], column[inside]]
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    length = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    return float(ours @ theirs) / length if length > 1 else 0.0


def _span(asked: LocalFeatures, stored: LocalFeatures) -> float:
    return float(max(asked.width, asked.height, stored.width, stored.height))


def _paired(ours: _Floats, theirs: _Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], _Floats]:
    """Rows of both that are each other's nearest, clearly nearer than the next; best first, with cosines."""
    cosines = ours @ theirs.T
    nearest = cosines.argmax(axis=1)
    back = cosines.argmax(axis=0)
    rows = np.flatnonzero(back[nearest] == np.arange(len(ours)))
    best = cosines[rows, nearest[rows]]
    held = cosines[rows]
    held[np.arange(len(rows)), nearest[rows]] = -1
    second = held.max(axis=1, initial=-1)
    kept = (2 - 2 * best) < _NEAREST_RATIO**2 * (2 - 2 * second)
    rows, best = rows[kept], best[kept]
    order = np.argsort(-best, kind="stable")
    rows = rows[order]
    return rows, nearest[rows], best[order]


def _best_similarity(
    asked: LocalFeatures, stored: LocalFeatures, ours: NDArray[np.intp], theirs: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which pairs the best-supported pair's own similarity explains."""
    here, there = _points(asked.places[ours]), _points(stored.places[theirs])
    ratio = stored.scales[theirs] / asked.scales[ours]
    turn = np.exp(1j * (stored.angles[theirs] - asked.angles[ours])).astype(np.complex64)
    tried = slice(0, _MOST_TRIED)
    maps = (ratio * turn)[tried, None]
    apart = np.abs(maps * (here[None] - here[tried, None]) - (there[None] - there[tried, None]))
    within = apart <= _LOOSE * _span(asked, stored) * np.maximum(1, ratio[tried, None])
    within &= np.abs(np.log2(ratio[None] / ratio[tried, None])) <= _SCALE_OFF
    within &= (turn[None] * turn[tried, None].conj()).real >= math.cos(_ANGLE_OFF)
    best: NDArray[np.bool_] = within[int(within.sum(axis=1).argmax())]
    return best


def _points(places: _Floats) -> _Complex:
    return (places[:, 0] + 1j * places[:, 1]).astype(np.complex64)


def _refined(
    here: _Floats, there: _Floats, agreed: NDArray[np.bool_], span: float
) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """The affine map of the agreeing pairs, by least squares, and the pairs that agree with it."""
    known = np.column_stack([here, np.ones(len(here))]).astype(np.float64)
    matrix: Any = None
    for tolerance in (_LOOSE, _TIGHT, _TIGHT):
        if int(agreed.sum()) < LEAST_INLIERS:
            return None, agreed
        matrix = np.linalg.lstsq(known[agreed], there[agreed].astype(np.float64), rcond=None)[0].T
        grown = max(1.0, math.sqrt(abs(float(np.linalg.det(matrix[:, :2])))))
        agreed = np.hypot(*(known @ matrix.T - there).T) <= tolerance * span * min(grown, _LARGEST_SCALE)
    return matrix, agreed


def _plausible(matrix: NDArray[np.float64]) -> bool:
    """Whether a picture can have been drawn like that: not turned over, not collapsed, not stretched away."""
    if float(np.linalg.det(matrix[:, :2])) <= 0:
        return False
    large, small = np.linalg.svd(matrix[:, :2], compute_uv=False)
    return bool(small > 1 / _LARGEST_SCALE and large < _LARGEST_SCALE and large <= _MOST_STRETCH * small)


def _different(places: _Floats) -> int:
    """How many places there are, two within three pixels being one."""
    return len(np.unique(np.rint(places / 3), axis=0))
