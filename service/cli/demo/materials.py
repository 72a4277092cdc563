"""The files the demo works on: two photographs that scikit-learn ships, and what it makes itself."""

import math
import random
import shutil
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

from provenance.manifests.manifest import SourceType

CREDIT = (
    "Photographs: china.jpg by danielbuechele and flower.jpg by vultilion (flickr.com), CC BY 2.0, as "
    "scikit-learn ships them."
)
TEXT = (
    "The library opens at nine. Bring the map you drew last summer: the archivist wants to compare it with "
    "the survey of 1894, in which the mill still stands on the left bank of the river.\n"
)


@dataclass(frozen=True, slots=True)
class Material:
    """One file and what its maker declares of it."""

    path: Path
    source_type: SourceType
    title: str


def make(folder: Path) -> list[Material]:
    """Put the files into `folder`; the photograph first, then the AI-declared image. Raises OSError."""
    return [
        Material(_photo(folder, "china.jpg"), SourceType.HUMAN, "Summer Palace, Beijing"),
        Material(_painting(folder / "dunes.png"), SourceType.AI_GENERATED, "Dunes that never were"),
        Material(_chord(folder / "chord.wav"), SourceType.HUMAN_CREATION, "A minor, two seconds"),
        Material(_page(folder / "notice.pdf"), SourceType.COMPOSITE, "A notice"),
        Material(_text(folder / "note.txt"), SourceType.HUMAN_CREATION, "A note to the archivist"),
    ]


def stranger(folder: Path) -> Path:
    """A photograph that nobody attests."""
    return _photo(folder, "flower.jpg")


def _photo(folder: Path, name: str) -> Path:
    # The package's folder is found without importing scikit-learn, which takes a second.
    from importlib.util import find_spec

    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(2, "scikit-learn, which ships the demo's photographs, is not installed", name)
    source = Path(spec.origin).parent / "datasets" / "images" / name
    return Path(shutil.copyfile(source, folder / name))


def _painting(path: Path) -> Path:
    """A picture made by a program: layered dunes under a low sun, 640 × 400."""
    import numpy as np
    from PIL import Image

    width, height = 640, 400
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    sky = np.stack([0.95 - 0.35 * y, 0.62 - 0.18 * y, 0.45 + 0.2 * (1 - y)], axis=-1)
    sun = np.exp(-(((x - 0.72) * 1.6) ** 2 + (y - 0.33) ** 2) / 0.004)[..., None]
    picture = np.clip(sky + sun * np.array([0.6, 0.5, 0.2]), 0, 1)
    rng = np.random.default_rng(1894)
    for layer in range(5):
        ridge = 0.45 + 0.1 * layer + 0.05 * np.sin(2 * np.pi * (x * (1.1 + 0.7 * layer) + rng.random()))
        ridge += 0.015 * np.sin(2 * np.pi * (x * 7.3 + layer))
        shade = np.array([0.78, 0.52, 0.3]) * (1 - 0.15 * layer)
        lit = 0.85 + 0.3 * np.clip((y - ridge) * 3, 0, 0.5)[..., None]
        picture = np.where((y > ridge)[..., None], np.clip(shade * lit, 0, 1), picture)
    grain = rng.normal(0, 0.012, picture.shape)
    Image.fromarray((np.clip(picture + grain, 0, 1) * 255).astype("uint8")).save(path)
    return path


def _chord(path: Path) -> Path:
    """Two seconds of a minor chord, 16 bit mono at 22,050 Hz."""
    rate = 22_050
    tones = (220.0, 261.63, 329.63)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        frames = bytearray()
        for n in range(2 * rate):
            level = sum(math.sin(2 * math.pi * tone * n / rate) for tone in tones) / len(tones)
            frames += struct.pack("<h", int(level * 20_000 * math.exp(-n / rate)))
        sound.writeframes(bytes(frames))
    return path


def _page(path: Path) -> Path:
    """A one-page PDF 1.4 (ISO 32000-1 section 7.5) written by hand: five objects, a cross-reference table."""
    text = b"BT /F1 24 Tf 72 720 Td (The footbridge is closed on Thursday.) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    path.write_bytes(body)
    return path


def _text(path: Path) -> Path:
    path.write_text(TEXT, encoding="utf-8")
    return path


def tampered(signed: Path, copy: Path) -> Path:
    """`signed`, a JPEG, with one bit of its picture data changed; everything else byte for byte the same.

    The bit lies in the last scan's entropy-coded data (ITU-T T.81 section B.1.1.5), away from the markers.
    """
    content = bytearray(signed.read_bytes())
    at = content.rindex(b"\xff\xda") + (len(content) - content.rindex(b"\xff\xda")) // 2
    while content[at] == 0xFF or content[at - 1] == 0xFF or content[at] ^ 0x01 == 0xFF:
        at += 1
    content[at] ^= 0x01
    copy.write_bytes(content)
    return copy


def stripped(signed: Path, copy: Path) -> Path:
    """`signed` as a site would re-encode it: 60 % of the size, JPEG quality 70, no metadata."""
    from PIL import Image

    with Image.open(signed) as picture:
        small = picture.convert("RGB").resize((picture.width * 3 // 5, picture.height * 3 // 5))
    small.save(copy, "JPEG", quality=70)
    return copy


_OPENINGS = ("Dear customer", "Hello", "Good news", "Hi there", "Attention", "Final notice")
_DISGUISES = str.maketrans({"a": "а", "e": "е", "o": "о", "i": "1"})


def spam(count: int = 30) -> list[str]:
    """`count` rewordings of one advertisement: other openings, sums, links, spelling, letters."""
    rng = random.Random(30)  # noqa: S311 - the same messages in every run
    return [_reworded(rng, number) for number in range(count)]


def _reworded(rng: random.Random, number: int) -> str:
    gift, sum_ = rng.choice(["free", "complimentary", "FREE"]), rng.choice([250, 500, 750])
    won, link = rng.choice(["reward", "prize"]), f"http://gift-{rng.randrange(1000)}.example/claim"
    text = (
        f"{_OPENINGS[number % len(_OPENINGS)]}, you have been selected to receive a "
        f"{gift} gift card worth ${sum_}. To claim your {won} visit {link} "
        f"within {rng.choice([12, 24, 48])} hours{rng.choice(['.', '!', '!!'])}"
    )
    if number % 5 == 1:
        text = text.upper()
    if number % 5 == 2:
        text = text.translate(_DISGUISES)
    if number % 5 == 3:
        text = "\u200b".join(text)
    return text


CONVERSATION = (
    "Could you bring the ladder back before Sunday? The gutter is leaking again.",
    "The train was late, so I missed the first half of the concert.",
    "Grandmother's recipe says two eggs, but I use three and a little less flour.",
)
