"""Local features of a picture: SIFT (Lowe, IJCV 2004) as RootSIFT (Arandjelović, Zisserman, CVPR 2012).

What "sift/1" stores, little-endian: the working picture's width and height (uint16 each), that picture
shrunk to 32 x 32 levels of grey (uint8), then for every point, the strongest of every part of the picture
first: x and y in 1/16 pixel (uint16), the scale as 16 times its binary logarithm (uint8), the angle in 256ths
of a turn (uint8), and 128 bytes of descriptor, the root of the L1-normalised one times 512. At most 300
points, so at most 41,228 bytes. Only this file knows OpenCV.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.fingerprint import Fingerprint

METHOD = "sift/1"
ASKED_METHOD = "sift-asked/1"
"""More points of the same picture: asked with, never stored. Small parts of a collage need them."""

SIDE = 320
MOST_STORED = 300
MOST_ASKED = 400
MOST_FOUND = 600
"""The strongest of the whole picture, of which those asked with are spread over it."""
LEAST_POINTS = 8
"""With fewer points nothing could be decided: none are given."""

_CONTRAST = 0.015
_SHORTEST = 16
"""A side shorter than this holds no point that SIFT could describe."""
_CELLS = 5
_ROW = np.dtype([("x", "<u2"), ("y", "<u2"), ("scale", "u1"), ("angle", "u1"), ("descriptor", "u1", 128)])
_LOOK = 32
_HEAD = np.dtype([("width", "<u2"), ("height", "<u2"), ("look", "u1", (_LOOK, _LOOK))])
_UNIT = np.float32(1 / 512)


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """Points of a working picture `width` x `height` pixels.

    `places` is float32 (n, 2), x and y in pixels; `scales` float32 (n,) in pixels; `angles` float32 (n,) in
    radians, from x towards y; `descriptors` float32 (n, 128), near unit length. `look` is float32 (32, 32),
    levels of grey of the whole picture.
    """

    width: int
    height: int
    places: NDArray[np.float32]
    scales: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    look: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.places)

    def mirrored(self) -> "LocalFeatures":
        """Those of the picture mirrored left to right.

        A descriptor's frame lies along its point's orientation: mirroring turns the axis across it round
        (the four rows of cells) and the sense in which angles are counted.
        """
        grid = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, :, _MIRRORED_BINS]
        places = self.places.copy()
        places[:, 0] = self.width - 1 - places[:, 0]
        angles = (np.float32(np.pi) - self.angles).astype(np.float32)
        look = self.look[:, ::-1]
        return replace(self, places=places, angles=angles, look=look, descriptors=grid.reshape(-1, 128))

    def inverted(self) -> "LocalFeatures":
        """Those of the picture's negative: every gradient, and with it every frame, turns half round."""
        grid = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, ::-1, :]
        angles = (self.angles + np.float32(np.pi)).astype(np.float32)
        return replace(self, angles=angles, look=255 - self.look, descriptors=grid.reshape(-1, 128))


_MIRRORED_BINS = np.array([0, 7, 6, 5, 4, 3, 2, 1])


@cache
def _detector() -> Any:
    import cv2

    made: Any = cv2
    return made.SIFT_create(nfeatures=MOST_FOUND, contrastThreshold=_CONTRAST)


def working_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey pixels whose longer side is SIDE, of uint8 (height, width, 3); a small picture is enlarged."""
    import cv2

    height, width = pixels.shape[:2]
    factor = SIDE / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=way), np.uint8)


def sift_prints(pixels: NDArray[np.uint8]) -> tuple[Fingerprint, ...]:
    """The stored and the asked-with features of uint8 pixels (height, width, 3); none for a plain picture."""
    grey = working_grey(pixels)
    height, width = grey.shape
    if min(height, width) < _SHORTEST:
        return ()
    points, raw = _detector().detectAndCompute(grey, None)
    if len(points) < LEAST_POINTS:
        return ()
    placed = np.array([(*p.pt, p.size, p.angle, p.response) for p in points], dtype=np.float32)
    order = _spread(placed, width, height)[:MOST_ASKED]
    rows = _rows(placed[order], raw[order])
    head = np.array([(width, height, _look(grey))], dtype=_HEAD).tobytes()
    stored = Fingerprint(METHOD, head + rows[:MOST_STORED].tobytes())
    return (stored, Fingerprint(ASKED_METHOD, head + rows.tobytes()))


def _look(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.resize(grey, (_LOOK, _LOOK), interpolation=cv2.INTER_AREA), np.uint8)


def _spread(placed: NDArray[np.float32], width: int, height: int) -> NDArray[np.intp]:
    """The points' order: the strongest of every cell of the picture first, then the second of every cell."""
    strongest = np.argsort(-placed[:, 4], kind="stable")
    across = np.minimum(placed[strongest, 0] * _CELLS / width, _CELLS - 1).astype(np.int64)
    down = np.minimum(placed[strongest, 1] * _CELLS / height, _CELLS - 1).astype(np.int64)
    cell = down * _CELLS + across
    rank = np.empty(len(cell), dtype=np.int64)
    for number in range(_CELLS * _CELLS):
        inside = np.flatnonzero(cell == number)
        rank[inside] = np.arange(len(inside))
    order: NDArray[np.intp] = strongest[np.argsort(rank, kind="stable")]
    return order


def _rows(placed: NDArray[np.float32], raw: NDArray[np.float32]) -> NDArray[Any]:
    rows = np.zeros(len(placed), dtype=_ROW)
    rows["x"] = np.clip(placed[:, 0] * 16, 0, 65535)
    rows["y"] = np.clip(placed[:, 1] * 16, 0, 65535)
    rows["scale"] = np.clip(np.rint(16 * np.log2(np.maximum(placed[:, 2], 1))), 0, 255)
    rows["angle"] = np.rint(placed[:, 3] * (256 / 360)).astype(np.int64) % 256
    rows["descriptor"] = np.clip(
        np.rint(512 * np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1))), 0, 255
    )
    return rows


def unpacked(value: bytes) -> LocalFeatures | None:
    """What sift_prints() packed; None where it is no such value."""
    count, rest = divmod(len(value) - _HEAD.itemsize, _ROW.itemsize)
    if rest or not LEAST_POINTS <= count <= MOST_ASKED:
        return None
    head = np.frombuffer(value, dtype=_HEAD, count=1)[0]
    rows = np.frombuffer(value, dtype=_ROW, offset=_HEAD.itemsize)
    return LocalFeatures(
        width=int(head["width"]),
        height=int(head["height"]),
        places=(np.stack([rows["x"], rows["y"]], axis=1) / 16).astype(np.float32),
        scales=np.exp2(rows["scale"].astype(np.float32) / 16),
        angles=rows["angle"].astype(np.float32) * np.float32(2 * np.pi / 256),
        descriptors=rows["descriptor"].astype(np.float32) * _UNIT,
        look=head["look"].astype(np.float32),
    )
