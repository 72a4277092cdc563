"""Edits that add something: captions, stickers, frames, screenshots, collages, another picture beside it."""

import cv2
import numpy as np
from numpy.random import Generator

from detector.training.pictures import Picture
from detector.training.shape import fill

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !?#@.,"))


def caption(picture: Picture, rng: Generator) -> Picture:
    """One to four lines of text, anywhere, at times on a plate."""
    result = picture.copy()
    height, width = result.shape[:2]
    size = rng.uniform(0.004, 0.012) * min(height, width) / 2
    line = max(6, round(size * 30))
    y = int(rng.integers(line, max(line + 1, height)))
    font = int(rng.choice(_FONTS))
    colour = fill(rng)
    x = int(rng.integers(0, max(1, width // 3)))
    for _ in range(int(rng.integers(1, 5))):
        words = "".join(rng.choice(_LETTERS, int(rng.integers(4, 28))))
        if rng.random() < 0.2:
            cv2.rectangle(result, (0, y - line), (width, y + line // 3), fill(rng), -1)
        cv2.putText(result, words, (x, y), font, size, colour, int(rng.integers(1, 4)), cv2.LINE_AA)
        y += line
    return result


def sticker(picture: Picture, rng: Generator, other: Picture) -> Picture:
    """Faces, discs, plates and bits of another picture laid over up to a fifth of it each."""
    result = picture.copy()
    height, width = result.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        side = max(6, round(min(height, width) * rng.uniform(0.1, 0.45)))
        x, y = (
            int(rng.integers(0, max(1, width - side // 2))),
            int(rng.integers(0, max(1, height - side // 2))),
        )
        kind = rng.integers(3)
        if kind == 0:
            _face(result, x, y, side, rng)
        elif kind == 1:
            cv2.rectangle(result, (x, y), (x + side, y + max(3, side // 2)), fill(rng), -1)
        else:
            part = cv2.resize(other, (side, side), interpolation=cv2.INTER_AREA)
            place = result[y : y + side, x : x + side]
            place[:] = part[: place.shape[0], : place.shape[1]]
    return result


def watermark(picture: Picture, rng: Generator, other: Picture) -> Picture:
    """Another picture or stripes, faintly, over all of it."""
    height, width = picture.shape[:2]
    if rng.random() < 0.5:
        above = cv2.resize(other, (width, height), interpolation=cv2.INTER_LINEAR)
    else:
        above = np.full_like(picture, 255)
        for offset in range(-height, width, int(rng.integers(10, 40))):
            cv2.line(above, (offset, 0), (offset + height, height), fill(rng), int(rng.integers(1, 8)))
    share = rng.uniform(0.1, 0.4)
    return _rgb(cv2.addWeighted(picture, 1 - share, above.astype(np.uint8), share, 0))


def border(picture: Picture, rng: Generator) -> Picture:
    """A plain frame, each side of its own width; letterboxes and memes with a text bar are of this kind."""
    height, width = picture.shape[:2]
    sides = rng.uniform(0, 0.35, 4) * (rng.random(4) < 0.7)
    if rng.random() < 0.4:
        sides[:] = sides[0]
    top, bottom = round(sides[0] * height), round(sides[1] * height)
    left, right = round(sides[2] * width), round(sides[3] * width)
    framed = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_CONSTANT, value=fill(rng))
    return caption(_rgb(framed), rng) if rng.random() < 0.3 else _rgb(framed)


def screenshot(picture: Picture, rng: Generator) -> Picture:
    """The picture inside an app's window: bars, an avatar, lines of text, buttons."""
    height, width = picture.shape[:2]
    back = (255, 255, 255) if rng.random() < 0.5 else (21, 24, 28)
    ink = tuple(int(255 - v) for v in back)
    if rng.random() < 0.5:  # a telephone held upright
        w = round(width * rng.uniform(1.0, 1.15))
        h = max(round(w * rng.uniform(1.2, 1.8)), round(height * 1.1))
    else:
        w, h = round(width * rng.uniform(1.1, 1.6)), round(height * rng.uniform(1.15, 1.6))
    canvas = np.full((h, w, 3), back, np.uint8)
    top, left = int(rng.integers(0, h - height + 1)), int(rng.integers(0, max(1, w - width + 1)))
    bar = max(2, round(h * rng.uniform(0.03, 0.1)))
    cv2.rectangle(canvas, (0, 0), (w, bar), fill(rng), -1)
    cv2.circle(canvas, (bar, bar * 2), bar // 2 + 1, fill(rng), -1)
    for y in range(bar * 2, h, max(6, round(h * 0.06))):
        length = int(rng.integers(w // 5, w))
        cv2.line(canvas, (bar * 2, y), (length, y), ink, int(rng.integers(1, 4)))
    canvas[top : top + height, left : left + width] = picture[:, : w - left]
    if rng.random() < 0.4:
        cv2.circle(canvas, (w // 2, h - bar * 2), bar, fill(rng), -1)
    return canvas


def beside(picture: Picture, rng: Generator, other: Picture) -> Picture:
    """Side by side, or one above the other, with another picture."""
    height, width = picture.shape[:2]
    across = rng.random() < 0.6
    share = rng.uniform(0.5, 1.3)
    size = (max(8, round(width * share)), height) if across else (width, max(8, round(height * share)))
    second = cv2.resize(other, size, interpolation=cv2.INTER_AREA)
    pair = [picture, second.astype(np.uint8)]
    if rng.random() < 0.5:
        pair.reverse()
    return np.concatenate(pair, axis=1 if across else 0)


def collage(picture: Picture, rng: Generator, others: list[Picture]) -> Picture:
    """Two by two; the picture fills about a quarter."""
    height, width = picture.shape[:2]
    cells = [cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA) for other in others[:3]]
    cells.insert(int(rng.integers(4)), picture)
    rows = [np.concatenate(cells[:2], axis=1), np.concatenate(cells[2:], axis=1)]
    return _rgb(np.concatenate(rows, axis=0))


def inset(picture: Picture, rng: Generator, other: Picture) -> Picture:
    """Laid onto another picture, of which it fills 20 to 80 %."""
    height, width = picture.shape[:2]
    share = np.sqrt(rng.uniform(0.2, 0.8))
    w, h = max(width, round(width / share)), max(height, round(height / share))
    canvas = cv2.resize(other, (w, h), interpolation=cv2.INTER_LINEAR)
    top, left = int(rng.integers(h - height + 1)), int(rng.integers(w - width + 1))
    canvas[top : top + height, left : left + width] = picture
    return _rgb(canvas)


def _face(canvas: Picture, x: int, y: int, side: int, rng: Generator) -> None:
    radius = side // 2
    centre = (x + radius, y + radius)
    cv2.circle(canvas, centre, radius, (255, 205, 60) if rng.random() < 0.6 else fill(rng), -1, cv2.LINE_AA)
    for sign in (-1, 1):
        eye = (centre[0] + sign * radius // 3, centre[1] - radius // 4)
        cv2.circle(canvas, eye, max(1, radius // 7), (40, 30, 20), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, centre, (radius // 2, radius // 2), 0, 20, 160, (40, 30, 20), max(1, radius // 8))


def _rgb(picture: np.ndarray) -> Picture:
    return np.ascontiguousarray(picture, dtype=np.uint8)
