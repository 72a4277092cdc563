"""Edits that no threshold was set with: what the figures on the fifty-two are worth elsewhere."""

import math
import random
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from detector.image_edits import Edit, captioned, cropped, jpeg, rotated, scaled


def _solarised(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    return ImageOps.solarize(image, 128)


def _swapped_channels(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    red, green, blue = image.split()
    return Image.merge("RGB", (blue, red, green))


def _scribbled(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    made = image.copy()
    pen = ImageDraw.Draw(made)
    for _ in range(6):
        points = [(rng.uniform(0, image.width), rng.uniform(0, image.height)) for _ in range(4)]
        pen.line(points, rng.choice(("red", "lime", "blue")), max(2, image.width // 60))
    return made


def _waved(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    pixels = np.asarray(image)
    shift = np.rint(0.015 * image.width * np.sin(np.arange(image.height) * 2 * math.pi / 60)).astype(int)
    columns = np.clip(np.arange(image.width)[None] + shift[:, None], 0, image.width - 1)
    return Image.fromarray(pixels[np.arange(image.height)[:, None], columns])


def _striped(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    pixels = np.asarray(image).copy()
    pixels[::3] = pixels[::3] // 2  # the lines of a photographed screen
    return Image.fromarray(pixels)


def _dithered(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    return image.convert("1").convert("RGB")


def _reposted(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    for _ in range(4):
        image = jpeg(40)(cropped(0.95)(scaled(0.9)(image, rng, others), rng, others), rng, others)
    return image


def _turned_and_captioned(
    image: Image.Image, rng: random.Random, others: Sequence[Image.Image]
) -> Image.Image:
    return captioned(rotated(-7)(ImageOps.mirror(image), rng, others), rng, others)


OTHER: Mapping[str, Edit] = {
    "jpeg_5": jpeg(5),
    "solarised": _solarised,
    "swapped_channels": _swapped_channels,
    "scribbled_over": _scribbled,
    "waved": _waved,
    "screen_lines": _striped,
    "black_and_white_dither": _dithered,
    "four_times_reposted": _reposted,
    "mirrored_turned_captioned": _turned_and_captioned,
    "crop_20": cropped(0.2),
    "rotate_70": rotated(70),
}
