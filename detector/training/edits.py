"""The fixed, named edits that the held-out pictures are judged by: one strength each, nothing random."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.training import colour, layout, shape
from detector.training.pictures import Picture

Others = list[Picture]
Edit = Callable[[Picture, Others], Picture]


def crop(area: float, x: float = 0.5, y: float = 0.5) -> Edit:
    """`area` of the picture, its place given in shares of what is left over."""

    def edit(picture: Picture, others: Others) -> Picture:
        height, width = picture.shape[:2]
        h, w = round(height * area**0.5), round(width * area**0.5)
        top, left = round((height - h) * y), round((width - w) * x)
        return np.ascontiguousarray(picture[top : top + h, left : left + w])

    return edit


def turn(degrees: float, fill: int = 0) -> Edit:
    """Turned, all of it kept, the corners filled."""

    def edit(picture: Picture, others: Others) -> Picture:
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
        w, h = round(height * sin + width * cos), round(height * cos + width * sin)
        matrix[:, 2] += ((w - width) / 2, (h - height) / 2)
        return _rgb(cv2.warpAffine(picture, matrix, (w, h), borderValue=(fill, fill, fill)))

    return edit


def perspective(picture: Picture, others: Others) -> Picture:
    """Seen from the left."""
    height, width = picture.shape[:2]
    old = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    new = old + np.array([[0, 0], [-0.15, 0.2], [-0.15, -0.2], [0, 0]], np.float32) * (width, height)
    return _rgb(
        cv2.warpPerspective(
            picture, cv2.getPerspectiveTransform(old, new.astype(np.float32)), (width, height)
        )
    )


def resized(x: float, y: float) -> Edit:
    """Each side scaled."""
    return lambda picture, others: _rgb(cv2.resize(picture, None, fx=x, fy=y, interpolation=cv2.INTER_AREA))


def jpeg(quality: int) -> Edit:
    """Re-encoded."""
    return lambda picture, others: colour.encoded(picture, quality)


def blur(sigma: float) -> Edit:
    """Gaussian, sigma in pixels."""
    return lambda picture, others: _rgb(cv2.GaussianBlur(picture, (0, 0), sigma))


def noise(deviation: float) -> Edit:
    """Gaussian, the same each time."""

    def edit(picture: Picture, others: Others) -> Picture:
        grain = np.random.default_rng(5).standard_normal(picture.shape) * deviation
        return np.clip(picture + grain, 0, 255).astype(np.uint8)

    return edit


def mapped(function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Edit:
    """Every channel's values, 0 to 1, through a curve."""
    table = np.clip(function(np.arange(256) / 255) * 255, 0, 255).astype(np.uint8)
    return lambda picture, others: _rgb(cv2.LUT(picture, table))


def hsv(hue: int = 0, saturation: float = 1.0) -> Edit:
    """Hue turned, in degrees; saturation scaled."""

    def edit(picture: Picture, others: Others) -> Picture:
        values = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
        values[:, :, 0] = (values[:, :, 0].astype(int) + hue // 2) % 180
        values[:, :, 1] = np.clip(values[:, :, 1] * saturation, 0, 255)
        return _rgb(cv2.cvtColor(values, cv2.COLOR_HSV2RGB))

    return edit


def weighed(weights: list[list[float]]) -> Edit:
    """Channels mixed by a 3 × 3 matrix."""
    mix = np.array(weights)
    return lambda picture, others: np.clip(picture @ mix.T, 0, 255).astype(np.uint8)


def written(lines: int) -> Edit:
    """Large white letters with black edges across it."""

    def edit(picture: Picture, others: Others) -> Picture:
        result = picture.copy()
        height, width = result.shape[:2]
        for i in range(lines):
            y = round(height * (0.9 if lines == 1 else 0.25 + 0.25 * i))
            words, scale = "BUY NOW, 50% OFF!", width / 330
            for ink, thick in ((0, 6), (255, 2)):
                at = (width // 20, y)
                cv2.putText(result, words, at, cv2.FONT_HERSHEY_DUPLEX, scale, (ink,) * 3, thick, cv2.LINE_AA)
        return result

    return edit


def framed(top: float, bottom: float, left: float, right: float, value: int) -> Edit:
    """Plain bars, in shares of the picture's sides."""

    def edit(picture: Picture, others: Others) -> Picture:
        h, w = picture.shape[:2]
        sides = (round(top * h), round(bottom * h), round(left * w), round(right * w))
        return _rgb(cv2.copyMakeBorder(picture, *sides, cv2.BORDER_CONSTANT, value=(value,) * 3))

    return edit


def drawn(function: Callable[..., Picture], seed: int, others_taken: int | None = None) -> Edit:
    """One of the training's own layouts, its dice loaded: the same for every picture."""

    def edit(picture: Picture, others: Others) -> Picture:
        rng = np.random.default_rng(seed)
        if others_taken is None:
            return function(picture, rng)
        return function(picture, rng, others[0] if others_taken == 1 else others)

    return edit


def laid_on(share: float) -> Edit:
    """In the lower right of another picture, of which it covers `share`."""

    def edit(picture: Picture, others: Others) -> Picture:
        h, w = picture.shape[:2]
        canvas = cv2.resize(others[0], (round(w / share**0.5), round(h / share**0.5)))
        top, left = round((canvas.shape[0] - h) * 0.7), round((canvas.shape[1] - w) * 0.8)
        canvas[top : top + h, left : left + w] = picture
        return _rgb(canvas)

    return edit


def beside(axis: int) -> Edit:
    """Next to (1) or above (0) another picture of the same size."""

    def edit(picture: Picture, others: Others) -> Picture:
        second = cv2.resize(others[0], (picture.shape[1], picture.shape[0]))
        return np.concatenate([picture, _rgb(second)], axis=axis)

    return edit


def chain(*edits: Edit) -> Edit:
    """One after another."""

    def edit(picture: Picture, others: Others) -> Picture:
        for each in edits:
            picture = each(picture, others)
        return picture

    return edit


def _rgb(picture: NDArray[np.uint8] | cv2.typing.MatLike) -> Picture:
    return np.ascontiguousarray(picture, dtype=np.uint8)


_GREY = [[0.299, 0.587, 0.114]] * 3
_SEPIA = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]

EDITS: dict[str, Edit] = {
    "crop to 80 %": crop(0.8),
    "crop to 65 %, corner": crop(0.65, 0, 0),
    "crop to 50 %": crop(0.5),
    "crop to 50 %, corner": crop(0.5, 1, 1),
    "crop to 40 %": crop(0.4),
    "turned 5°": turn(5),
    "turned 15°": turn(15, 255),
    "turned 30°": turn(30),
    "turned 45°": turn(45),
    "turned 90°": lambda picture, others: np.ascontiguousarray(np.rot90(picture)),
    "upside down": lambda picture, others: np.ascontiguousarray(np.rot90(picture, 2)),
    "mirrored": lambda picture, others: np.ascontiguousarray(picture[:, ::-1]),
    "perspective": perspective,
    "stretched 1.6 ×": resized(1.6, 1),
    "shrunk to 25 %": resized(0.25, 0.25),
    "JPEG 40": jpeg(40),
    "JPEG 10": jpeg(10),
    "blur 2 px": blur(2),
    "blur 4 px": blur(4),
    "noise 20": noise(20),
    "noise 45": noise(45),
    "brighter": mapped(lambda v: v + 0.25),
    "darker": mapped(lambda v: v * 0.5),
    "contrast × 1.7": mapped(lambda v: (v - 0.5) * 1.7 + 0.5),
    "gamma 0.5": mapped(lambda v: v**0.5),
    "gamma 2": mapped(lambda v: v**2),
    "posterised to 4": mapped(lambda v: np.floor(v * 3.999) / 3),
    "inverted": mapped(lambda v: 1 - v),
    "grey": weighed(_GREY),
    "sepia": weighed(_SEPIA),
    "red and blue swapped": weighed([[0, 0, 1], [0, 1, 0], [1, 0, 0]]),
    "hue 60°": hsv(60),
    "hue 180°": hsv(180),
    "saturation × 2": hsv(0, 2),
    "pixelated": chain(resized(0.1, 0.1), lambda p, o: np.repeat(np.repeat(p, 10, axis=0), 10, axis=1)),
    "one line of text": written(1),
    "three lines of text": written(3),
    "stickers": drawn(layout.sticker, 3, 1),
    "watermark": drawn(layout.watermark, 4, 1),
    "border 15 %": framed(0.15, 0.15, 0.15, 0.15, 255),
    "letterbox": framed(0.3, 0.3, 0, 0, 0),
    "meme bar": chain(framed(0.25, 0, 0, 0, 255), written(1)),
    "screenshot, telephone": drawn(layout.screenshot, 2),
    "screenshot, desk": drawn(layout.screenshot, 7),
    "beside another": beside(1),
    "above another": beside(0),
    "collage of four": drawn(layout.collage, 1, 3),
    "inset 50 %": laid_on(0.5),
    "inset 25 %": laid_on(0.25),
    "inset 12 %": laid_on(0.12),
    "crop, text, JPEG": chain(crop(0.65), written(1), jpeg(25)),
    "mirror, crop, hue": chain(lambda p, o: shape.mirror(p, np.random.default_rng(0)), crop(0.6), hsv(90)),
    "turn, grey, JPEG": chain(turn(12), weighed(_GREY), jpeg(20)),
    "screenshot, small, JPEG": chain(drawn(layout.screenshot, 2), resized(0.5, 0.5), jpeg(30)),
    "border, blur, darker": chain(framed(0.2, 0.2, 0.1, 0.1, 0), blur(1.5), mapped(lambda v: v * 0.6)),
}
