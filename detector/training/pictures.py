"""The pictures to train on, and the ones held out of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""

HELD_OUT = ("ferry", "flamingo", "grand_piano", "lotus", "scorpion", "stop_sign")
"""Categories never trained on: what anything is chosen by."""
SIDE = 224
"""Longer side in pixels that training pictures are kept at in memory; the held-out ones keep theirs."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Decoded pictures of the two parts, and the digest of all files read (SHA-256, hex)."""

    train: list[Picture]
    held_out: list[Picture]
    digest: str


def read(shared: Path) -> Pictures:
    """Everything under shared/eval/images/train, by category, and shared/samples/photos.

    Read in the order of their paths, so that the same files give the same order on every machine.
    Raises FileNotFoundError where the folder has no pictures.
    """
    files = sorted((shared / "eval/images/train").glob("*/*.jpg"))
    files += sorted((shared / "samples/photos").glob("*.jpg"))
    if not files:
        raise FileNotFoundError(f"no pictures under {shared}/eval/images/train")
    digest = hashlib.sha256()
    train: list[Picture] = []
    held_out: list[Picture] = []
    for path in files:
        content = path.read_bytes()
        digest.update(hashlib.sha256(content).digest())
        if path.parent.name in HELD_OUT:
            held_out.append(_decode(content))
        else:
            train.append(_shrunk(_decode(content)))
    return Pictures(train, held_out, digest.hexdigest())


def _decode(content: bytes) -> Picture:
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("a training picture could not be decoded")
    return np.ascontiguousarray(decoded[:, :, ::-1], dtype=np.uint8)


def _shrunk(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
