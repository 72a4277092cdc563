"""What others compare pictures with: hashes of bits, and local features with OpenCV's own matching."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class HashPeer:
    """`bits` hashes a picture; a distance of up to `limit` bits is a copy, None where tuning sets it."""

    name: str
    bits: Callable[[Image.Image], Bits]
    limit: int | None = None


def pdq(image: Image.Image) -> Bits:
    """PDQ of the whole picture, 256 bits, by Meta's own code."""
    import pdqhash

    found, _ = pdqhash.compute(np.asarray(image))
    return np.packbits(np.asarray(found, dtype=np.uint8))


def phash(image: Image.Image) -> Bits:
    """imagehash's pHash with 64 bits, its default, which is imagededup's PHash too."""
    import imagehash

    return np.packbits(imagehash.phash(image).hash.ravel())


def phash256(image: Image.Image) -> Bits:
    """imagehash's pHash with 256 bits."""
    import imagehash

    return np.packbits(imagehash.phash(image, hash_size=16).hash.ravel())


def iscc(image: Image.Image) -> Bits:
    """ISCC's Image-Code, 256 bits."""
    import iscc_core

    from detector.fingerprints.iscc import image_code

    code = iscc_core.Code(image_code(np.asarray(image)))
    return np.frombuffer(code.hash_bytes, dtype=np.uint8)


PEERS: Sequence[HashPeer] = (
    HashPeer("PDQ at 31", pdq, 31),
    HashPeer("PDQ, tuned", pdq),
    HashPeer("pHash at 10 (imagededup's default)", phash, 10),
    HashPeer("pHash-256, tuned", phash256),
    HashPeer("ISCC, tuned", iscc),
)


def distances(first: Bits, second: Bits) -> NDArray[np.int64]:
    """Bits that differ, of rows (n, width) and (m, width): (n, m)."""
    return np.stack([np.bitwise_count(row ^ second).sum(axis=1, dtype=np.int64) for row in first])


class SiftVoting:
    """SIFT alone: every descriptor votes for the picture of its nearest one, and OpenCV's RANSAC decides.

    FAISS finds the nearest (IVF, 16 of 1,024 lists); the twelve pictures with the most votes are checked with
    estimateAffinePartial2D after Lowe's ratio test at 0.8. The index holds every descriptor of every picture:
    150 KB each, which is why nobody does this for millions.
    """

    CHECKED = 12

    def __init__(self) -> None:
        import cv2

        made: Any = cv2
        self._sift: Any = made.SIFT_create(nfeatures=500)
        self._held: list[tuple[NDArray[np.float32], NDArray[np.float32]] | None] = []
        self._index: Any = None
        self._owner: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def features(self, image: Image.Image) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Places and descriptors of at most 500 points, of the picture with its longer side at 320."""
        factor = 320 / max(image.size)
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        grey = image.convert("L").resize(size)
        points, rows = self._sift.detectAndCompute(np.asarray(grey), None)
        if rows is None or len(points) < 4:
            return None
        return np.array([point.pt for point in points], dtype=np.float32), rows[:500]

    def hold(self, images: Sequence[Image.Image]) -> None:
        """Index these pictures, numbered in their order."""
        import faiss

        self._held = [self.features(image) for image in images]
        rows = np.concatenate([held[1] for held in self._held if held is not None])
        self._owner = np.concatenate(
            [np.full(len(held[1]), n) for n, held in enumerate(self._held) if held is not None]
        )
        coarse = faiss.IndexFlatL2(128)
        self._index = faiss.IndexIVFScalarQuantizer(coarse, 128, 1024, faiss.ScalarQuantizer.QT_8bit)
        self._index.train(rows[:: max(1, len(rows) // 60_000)])
        self._index.add(rows)
        self._index.nprobe = 16

    def scores(self, image: Image.Image) -> dict[int, int]:
        """Inliers by picture, of those checked."""
        asked = self.features(image)
        if asked is None:
            return {}
        _, nearest = self._index.search(asked[1], 1)
        votes = np.bincount(self._owner[nearest[:, 0]], minlength=len(self._held))
        chosen = np.argsort(-votes, kind="stable")[: self.CHECKED]
        return {int(number): self._inliers(asked, self._held[number]) for number in chosen}

    def _inliers(self, asked: Any, held: Any) -> int:
        import cv2

        if held is None or len(held[1]) < 2:
            return 0
        pairs = cv2.BFMatcher().knnMatch(asked[1], held[1], k=2)
        good = [near for near, second in pairs if near.distance < 0.8 * second.distance]
        # Many points drawn to one are no arrangement, though RANSAC takes them for one of scale nought.
        good = list({pair.trainIdx: pair for pair in sorted(good, key=lambda p: -p.distance)}.values())
        if len(good) < 4:
            return 0
        here = np.array([asked[0][pair.queryIdx] for pair in good])
        there = np.array([held[0][pair.trainIdx] for pair in good])
        _, inside = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=6.0)
        return 0 if inside is None else int(inside.sum())


def digest_of(parts: Sequence[bytes]) -> str:
    """The first 16 hex digits of a SHA-256 over digests."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]
