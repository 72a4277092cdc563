"""Edits of geometry: crops, turns, mirrors, perspective, stretched sides."""

import cv2
import numpy as np
from numpy.random import Generator

from detector.training.pictures import Picture


def crop(picture: Picture, rng: Generator, least: float = 0.3) -> Picture:
    """A part of at least `least` of the area, of any shape."""
    height, width = picture.shape[:2]
    area = rng.uniform(least, 1.0)
    stretch = np.exp(rng.uniform(-0.5, 0.5))
    h = min(height, max(8, round(height * np.sqrt(area / stretch))))
    w = min(width, max(8, round(width * np.sqrt(area * stretch))))
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    return np.ascontiguousarray(picture[top : top + h, left : left + w])


def stretch(picture: Picture, rng: Generator) -> Picture:
    """Another aspect ratio, to half or twice."""
    height, width = picture.shape[:2]
    factor = np.exp(rng.uniform(-0.7, 0.7))
    size = (max(8, round(width * np.sqrt(factor))), max(8, round(height / np.sqrt(factor))))
    return _rgb(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR))


def mirror(picture: Picture, rng: Generator) -> Picture:
    """Left to right."""
    return np.ascontiguousarray(picture[:, ::-1])


def quarter_turn(picture: Picture, rng: Generator) -> Picture:
    """By 90, 180 or 270 degrees, or upside down."""
    kind = int(rng.integers(4))
    return np.ascontiguousarray(picture[::-1] if kind == 0 else np.rot90(picture, kind))


def turn(picture: Picture, rng: Generator) -> Picture:
    """By up to 45 degrees: the corners filled, or everything but the inner part cut off."""
    height, width = picture.shape[:2]
    angle = rng.uniform(-45, 45)
    radians = np.deg2rad(abs(angle))
    keep = rng.random() < 0.5
    grown = (np.cos(radians) + np.sin(radians) * max(width / height, height / width)) if keep else 1.0
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1 / grown)
    if not keep and rng.random() < 0.6:  # zoom in until no corner shows
        cut = np.cos(radians) + np.sin(radians) * max(width / height, height / width)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, min(cut, 1.8))
    mode = cv2.BORDER_REFLECT if rng.random() < 0.1 else cv2.BORDER_CONSTANT
    turned = cv2.warpAffine(picture, matrix, (width, height), borderMode=mode, borderValue=fill(rng))
    return _rgb(turned)


def perspective(picture: Picture, rng: Generator) -> Picture:
    """As if photographed from the side."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.2, 0.2, (4, 2)).astype(np.float32) * (width, height)
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return _rgb(cv2.warpPerspective(picture, matrix, (width, height), borderValue=fill(rng)))


def fill(rng: Generator) -> tuple[int, int, int]:
    """A background colour: black, white or any."""
    kind = rng.random()
    if kind < 0.35:
        return (0, 0, 0)
    if kind < 0.65:
        return (255, 255, 255)
    r, g, b = (int(v) for v in rng.integers(256, size=3))
    return (r, g, b)


def _rgb(picture: np.ndarray) -> Picture:
    return np.ascontiguousarray(picture, dtype=np.uint8)
