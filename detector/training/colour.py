"""Edits of colour and grain: what filters, re-encoding and bad cameras do to a picture."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from detector.training.pictures import Picture


def tone(picture: Picture, rng: Generator) -> Picture:
    """Brightness, contrast and gamma at once."""
    levels = np.arange(256, dtype=np.float32) / 255
    levels = levels ** np.exp(rng.uniform(-0.7, 0.7))
    levels = (levels - 0.5) * rng.uniform(0.5, 1.7) + 0.5 + rng.uniform(-0.25, 0.25)
    return _mapped(picture, levels)


def hue(picture: Picture, rng: Generator) -> Picture:
    """Turn the hue by any angle, scale the saturation."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0].astype(np.uint16) + int(rng.integers(180))) % 180
    hsv[:, :, 1] = cv2.convertScaleAbs(hsv[:, :, 1], alpha=rng.uniform(0.3, 1.8))
    return _rgb(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def grey(picture: Picture, rng: Generator) -> Picture:
    """One channel for all three: luminance or one of the three; at times tinted, as sepia is."""
    weights = np.array([0.299, 0.587, 0.114]) if rng.random() < 0.7 else rng.dirichlet((1.0, 1.0, 1.0))
    light = (picture.astype(np.float32) @ weights.astype(np.float32))[:, :, None]
    tint: NDArray[np.float64] = np.array([1.0, 1.0, 1.0]) if rng.random() < 0.6 else rng.uniform(0.6, 1.1, 3)
    return _rgb(np.clip(light * tint.astype(np.float32), 0, 255).astype(np.uint8))


def channels(picture: Picture, rng: Generator) -> Picture:
    """Shuffle the channels or scale each alone (a colour cast)."""
    if rng.random() < 0.3:
        return _rgb(picture[:, :, rng.permutation(3)])
    cast = rng.uniform(0.5, 1.4, 3).astype(np.float32)
    return np.clip(picture * cast, 0, 255).astype(np.uint8)


def inverted(picture: Picture, rng: Generator) -> Picture:
    """The negative."""
    return np.ascontiguousarray(255 - picture)


def levels(picture: Picture, rng: Generator) -> Picture:
    """Posterise, solarise or equalise."""
    kind = rng.integers(3)
    values = np.arange(256, dtype=np.float32) / 255
    if kind == 0:
        steps = int(rng.integers(3, 8))
        return _mapped(picture, np.floor(values * steps) / (steps - 1))
    if kind == 1:
        return _mapped(picture, np.where(values > rng.uniform(0.4, 0.9), 1 - values, values))
    return np.stack([cv2.equalizeHist(picture[:, :, c]) for c in range(3)], axis=2).astype(np.uint8)


def blur(picture: Picture, rng: Generator) -> Picture:
    """Gaussian, motion or median blur, scaled to the picture."""
    kind = rng.integers(4)
    if kind == 0:
        return _rgb(cv2.medianBlur(picture, int(rng.choice((3, 5, 7)))))
    if kind == 1:
        length = int(rng.integers(3, 12))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        return _rgb(cv2.filter2D(picture, -1, kernel if rng.random() < 0.5 else kernel.T))
    return _rgb(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 3.5)))


def sharpen(picture: Picture, rng: Generator) -> Picture:
    """Unsharp mask."""
    soft = cv2.GaussianBlur(picture, (0, 0), 1.5)
    amount = rng.uniform(0.5, 2.0)
    return _rgb(cv2.addWeighted(picture, 1 + amount, soft, -amount, 0))


def noise(picture: Picture, rng: Generator) -> Picture:
    """Gaussian noise, or salt and pepper."""
    if rng.random() < 0.6:
        grain = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(4, 35))
        return np.clip(picture + grain, 0, 255).astype(np.uint8)
    spots = rng.random(picture.shape[:2], dtype=np.float32)
    share = rng.uniform(0.005, 0.08)
    result = picture.copy()
    result[spots < share / 2] = 0
    result[spots > 1 - share / 2] = 255
    return result


def jpeg(picture: Picture, rng: Generator) -> Picture:
    """Re-encode at quality 5 to 60."""
    return encoded(picture, int(rng.integers(5, 61)))


def small(picture: Picture, rng: Generator) -> Picture:
    """Shrink and grow again: soft, or in blocks (pixelated)."""
    height, width = picture.shape[:2]
    scale = rng.uniform(0.1, 0.5)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    how = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    return _rgb(cv2.resize(shrunk, (width, height), interpolation=how))


def light(picture: Picture, rng: Generator) -> Picture:
    """What an untouched upload differs by: re-encoding at fair quality, a little tone."""
    if rng.random() < 0.5:
        return picture
    return encoded(picture, int(rng.integers(50, 96)))


def encoded(picture: Picture, quality: int) -> Picture:
    """JPEG at `quality` and back."""
    done, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture could not be encoded")
    decoded = cv2.imdecode(code, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("the picture could not be decoded")
    return _rgb(decoded)


def _mapped(picture: Picture, values: np.ndarray) -> Picture:
    return _rgb(cv2.LUT(picture, np.clip(values * 255, 0, 255).astype(np.uint8)))


def _rgb(picture: np.ndarray) -> Picture:
    return np.ascontiguousarray(picture, dtype=np.uint8)
