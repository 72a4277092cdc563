"""What people do to a picture before they post it again: the fifty-two edits that thresholds are set with.

Each takes an upright RGB picture, a seeded random, and other pictures to lay it beside; it returns an RGB
picture. Sizes are shares of the picture, so that an edit means the same for large and small ones.
"""

import io
import math
import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Edit = Callable[[Image.Image, random.Random, Sequence[Image.Image]], Image.Image]
_Plain = Callable[[Image.Image], Image.Image]

_WORDS = (
    *("when", "you", "see", "it", "every", "single", "time", "nobody", "can"),
    *("explain", "why", "this", "keeps", "happening", "to", "me"),
)


def _only(change: _Plain) -> Edit:
    """An edit that needs no chance and no other picture."""
    return lambda image, rng, others: change(image)


def jpeg(quality: int) -> Edit:
    """Saved as a JPEG of this quality."""

    def change(image: Image.Image) -> Image.Image:
        held = io.BytesIO()
        image.save(held, "JPEG", quality=quality)
        return Image.open(held).convert("RGB")

    return _only(change)


def scaled(across: float, down: float | None = None) -> Edit:
    """Width and height multiplied, by the same factor or by two."""
    other = across if down is None else down
    return _only(
        lambda image: image.resize((max(1, round(image.width * across)), max(1, round(image.height * other))))
    )


def blurred(share: float) -> Edit:
    """A Gaussian blur whose radius is a share of the longer side."""
    return _only(lambda image: image.filter(ImageFilter.GaussianBlur(share * max(image.size))))


def noisy(deviation: float) -> Edit:
    """Gaussian noise of this standard deviation on every channel."""

    def change(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
        chance = np.random.default_rng(rng.randrange(2**32))
        pixels = np.asarray(image, dtype=np.float32)
        made = pixels + chance.normal(0, deviation, pixels.shape)
        return Image.fromarray(np.clip(made, 0, 255).astype(np.uint8))

    return change


def gamma(power: float) -> Edit:
    """Every value raised to this power."""
    table = [round(255 * (value / 255) ** power) for value in range(256)] * 3
    return _only(lambda image: image.point(table))


def hue(degrees: float) -> Edit:
    """Colours turned round the colour circle."""

    def change(image: Image.Image) -> Image.Image:
        tone, saturation, value = image.convert("HSV").split()
        shift = round(degrees * 256 / 360)
        turned = tone.point([(v + shift) % 256 for v in range(256)])
        return Image.merge("HSV", (turned, saturation, value)).convert("RGB")

    return _only(change)


def sepia(image: Image.Image) -> Image.Image:
    """The brown of old photographs."""
    return ImageOps.colorize(image.convert("L"), "#1e1005", "#fff0d0")


def cropped(share: float, *, corner: bool = False) -> Edit:
    """What is left is this share of the area, from the centre or from a corner drawn by lot."""

    def change(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
        side = math.sqrt(share)
        width, height = max(1, round(image.width * side)), max(1, round(image.height * side))
        left, top = image.width - width, image.height - height
        if corner:
            left, top = left * rng.randrange(2), top * rng.randrange(2)
        else:
            left, top = left // 2, top // 2
        return image.crop((left, top, left + width, top + height))

    return change


def rotated(degrees: float) -> Edit:
    """Turned counter-clockwise, the corners filled with black."""
    return _only(lambda image: image.rotate(degrees, Image.Resampling.BICUBIC, expand=True))


def perspective(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """Seen from the side: every corner moved inwards by up to 12 % of the side."""
    width, height = image.size
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    moved = [
        (
            x + (1 if x == 0 else -1) * rng.uniform(0, 0.12) * width,
            y + (1 if y == 0 else -1) * rng.uniform(0, 0.12) * height,
        )
        for x, y in corners
    ]
    rows, wanted = [], []
    for (x, y), (u, v) in zip(moved, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    found = np.linalg.solve(np.array(rows), np.array(wanted))
    return image.transform(image.size, Image.Transform.PERSPECTIVE, found.tolist(), Image.Resampling.BICUBIC)


def bordered(share: float, colour: str) -> Edit:
    """A border of one colour round it."""
    return _only(lambda image: ImageOps.expand(image, round(share * max(image.size)), colour))


def letterboxed(image: Image.Image) -> Image.Image:
    """Black bars above and below, each 20 % of the height."""
    bar = round(0.2 * image.height)
    made = Image.new("RGB", (image.width, image.height + 2 * bar))
    made.paste(image, (0, bar))
    return made


def framed(image: Image.Image) -> Image.Image:
    """Rounded corners on a white card."""
    pad = round(0.06 * max(image.size))
    made = Image.new("RGB", (image.width + 2 * pad, image.height + 2 * pad), "white")
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *image.size), radius=2 * pad, fill=255)
    made.paste(image, (pad, pad), mask)
    return made


def _line(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(words))


def _write(image: Image.Image, text: str, middle: float, size: float, colour: str) -> None:
    """Text centred at a share of the height, no wider than the picture; white text gets a black edge."""
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(6.0, size * image.height))
    width = pen.textlength(text, font)
    if width > 0.96 * image.width:
        font = ImageFont.load_default(max(4.0, size * image.height * 0.96 * image.width / width))
    place = (image.width / 2, middle * image.height)
    stroke = max(1, round(size * image.height / 16)) if colour == "white" else 0
    pen.text(place, text, colour, font, anchor="mm", stroke_width=stroke, stroke_fill="black")


def captioned(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """A white bar with a line of text above the picture."""
    bar = round(0.18 * image.height)
    made = Image.new("RGB", (image.width, image.height + bar), "white")
    made.paste(image, (0, bar))
    _write(made, _line(rng, 6), 0.5 * bar / made.height, 0.1, "black")
    return made


def overwritten(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """Three lines of large text across the picture."""
    made = image.copy()
    for middle in (0.2, 0.5, 0.8):
        _write(made, _line(rng, 4), middle, 0.16, "white")
    return made


def watermarked(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """Half-transparent text repeated over all of it."""
    layer = image.copy()
    for row in range(5):
        _write(layer, "PREVIEW ONLY   PREVIEW ONLY", (row + 0.5) / 5, 0.11, "white")
    return Image.blend(image, layer, 0.5)


def stickered(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """A large yellow face laid somewhere on the picture."""
    made = image.copy()
    size = 0.4 * min(image.size)
    left, top = rng.uniform(0, image.width - size), rng.uniform(0, image.height - size)
    pen = ImageDraw.Draw(made)
    pen.ellipse((left, top, left + size, top + size), "#ffd23c", "#a06400", 2)
    for across in (0.32, 0.68):
        x, y, eye = left + across * size, top + 0.38 * size, 0.07 * size
        pen.ellipse((x - eye, y - eye, x + eye, y + eye), "#403000")
    mouth = (left + 0.25 * size, top + 0.3 * size, left + 0.75 * size, top + 0.8 * size)
    pen.arc(mouth, 20, 160, "#403000", 4)
    return made


def branded(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """A station's logo in a corner: a coloured box with letters."""
    made = image.copy()
    box = Image.new("RGB", (max(8, round(0.3 * image.width)), max(8, round(0.16 * image.height))), "#c01020")
    _write(box, "NEWS 24", 0.5, 0.6, "white")
    pad = round(0.03 * image.width)
    made.paste(box, (image.width - box.width - pad, pad))
    return made


def screenshot(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """A telephone's screen around it: status bar, author, text, buttons, and a second post cut off below."""
    width, height = 360, 720
    dark = rng.random() < 0.5
    ground, ink, soft = ("#101418", "#e8e8e8", "#606870") if dark else ("#ffffff", "#181818", "#c0c4c8")
    made = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(made)
    _write(made, "9:41                          5G  87 %", 0.02, 0.02, ink)
    pen.ellipse((12, 44, 48, 80), soft)
    pen.text((60, 46), _line(rng, 2), ink, ImageFont.load_default(14))
    pen.text((60, 64), "2 h", soft, ImageFont.load_default(12))
    for row in range(2):
        pen.text((12, 92 + 20 * row), _line(rng, 6), ink, ImageFont.load_default(14))
    tall = min(round(width * image.height / image.width), 430)
    made.paste(ImageOps.fit(image, (width, tall)) if tall == 430 else image.resize((width, tall)), (0, 140))
    for number, word in enumerate(("Like", "Share", "Reply")):
        left = 12 + 116 * number
        pen.rounded_rectangle((left, 150 + tall, left + 100, 178 + tall), 8, outline=soft)
        pen.text((left + 24, 156 + tall), word, soft, ImageFont.load_default(14))
    if others and tall < 380:
        made.paste(ImageOps.fit(rng.choice(others), (width, height - 200 - tall)), (0, 200 + tall))
    return made


def beside(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """Next to another picture of the same height."""
    other = rng.choice(others)
    other = other.resize((max(1, round(other.width * image.height / other.height)), image.height))
    made = Image.new("RGB", (image.width + other.width, image.height))
    left, right = (image, other) if rng.random() < 0.5 else (other, image)
    made.paste(left, (0, 0))
    made.paste(right, (left.width, 0))
    return made


def collaged(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """One of four pictures of equal size, two by two."""
    tiles = [image, *(ImageOps.fit(rng.choice(others), image.size) for _ in range(3))]
    rng.shuffle(tiles)
    made = Image.new("RGB", (2 * image.width, 2 * image.height))
    for number, tile in enumerate(tiles):
        made.paste(tile, (number % 2 * image.width, number // 2 * image.height))
    return made.resize((round(1.2 * image.width), round(1.2 * image.height)))


def inset(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """Laid upon another picture, 40 % as wide and high as that one."""
    size = (round(1.5 * image.width), round(1.5 * image.height))
    ground = ImageOps.fit(rng.choice(others), size)
    small = image.resize((max(1, round(0.4 * ground.width)), max(1, round(0.4 * ground.height))))
    place = rng.randint(0, ground.width - small.width), rng.randint(0, ground.height - small.height)
    ground.paste(small, place)
    return ground


def pixelated(image: Image.Image) -> Image.Image:
    """Squares of a sixtieth of the longer side."""
    block = max(2, round(max(image.size) / 60))
    small = image.resize((max(1, image.width // block), max(1, image.height // block)), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


def palette(image: Image.Image) -> Image.Image:
    """Sixty-four colours with dithering, as a GIF has it."""
    return image.quantize(64).convert("RGB")


def vignetted(image: Image.Image) -> Image.Image:
    """Dark towards the edges."""
    light = ImageOps.invert(Image.radial_gradient("L")).resize(image.size)
    dark = light.point([min(255, round(1.6 * value)) for value in range(256)])
    return ImageChops.multiply(image, Image.merge("RGB", (dark, dark, dark)))


def combined(image: Image.Image, rng: random.Random, others: Sequence[Image.Image]) -> Image.Image:
    """Cropped to 75 %, darkened, with a caption, at JPEG quality 30."""
    made = cropped(0.75, corner=True)(image, rng, others)
    made = captioned(ImageEnhance.Brightness(made).enhance(0.8), rng, others)
    return jpeg(30)(made, rng, others)


EDITS: Mapping[str, Edit] = {
    "jpeg_50": jpeg(50),
    "jpeg_20": jpeg(20),
    "jpeg_10": jpeg(10),
    "quarter_size": scaled(0.25),
    "double_size": scaled(2.0),
    "strong_blur": blurred(0.008),
    "noise": noisy(10),
    "strong_noise": noisy(30),
    "sharpened": _only(lambda image: image.filter(ImageFilter.UnsharpMask(2, 200, 0))),
    "brighter": _only(lambda image: ImageEnhance.Brightness(image).enhance(1.5)),
    "darker": _only(lambda image: ImageEnhance.Brightness(image).enhance(0.5)),
    "more_contrast": _only(lambda image: ImageEnhance.Contrast(image).enhance(1.7)),
    "gamma": gamma(2.0),
    "hue_60": hue(60),
    "hue_180": hue(180),
    "grey": _only(lambda image: image.convert("L").convert("RGB")),
    "sepia": _only(sepia),
    "inverted": _only(ImageOps.invert),
    "posterised": _only(lambda image: ImageOps.posterize(image, 2)),
    "crop_75": cropped(0.75),
    "crop_50": cropped(0.5),
    "corner_75": cropped(0.75, corner=True),
    "corner_50": cropped(0.5, corner=True),
    "crop_30": cropped(0.3),
    "rotate_5": rotated(5),
    "rotate_10": rotated(10),
    "rotate_30": rotated(30),
    "rotate_45": rotated(45),
    "rotate_90": rotated(90),
    "rotate_180": rotated(180),
    "rotate_270": rotated(270),
    "flip": _only(ImageOps.mirror),
    "flip_vertical": _only(ImageOps.flip),
    "wider": scaled(1.35, 1.0),
    "taller": scaled(1.0, 1.35),
    "perspective": perspective,
    "border": bordered(0.08, "#f4f0e6"),
    "letterbox": _only(letterboxed),
    "rounded_frame": _only(framed),
    "caption": captioned,
    "three_lines_of_text": overwritten,
    "watermark": watermarked,
    "sticker": stickered,
    "logo": branded,
    "screenshot": screenshot,
    "side_by_side": beside,
    "collage": collaged,
    "inset": inset,
    "pixelated": _only(pixelated),
    "palette_64": _only(palette),
    "vignette": _only(vignetted),
    "combined": combined,
}
