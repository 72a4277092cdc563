"""Pictures for print, archives and old screens: inks by their profile, CIELAB, deep pixels, palettes."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from detector.fingerprints.pdq import pdq_prints
from detector.media.colour import to_srgb
from detector.media.image import canonical_rgb

Colours = NDArray[np.float64]
GAIN = 0.7
"""Our press: ink is laid on the part `asked ** GAIN` of the paper."""
STEPS = 11
# sRGB's primaries in XYZ, adapted to D50.
PRIMARIES = np.array([[0.43607, 0.38506, 0.14308], [0.22250, 0.71688, 0.06062], [0.01393, 0.09710, 0.71417]])
SYSTEM = [
    Path("/usr/share/color/icc/ghostscript/default_cmyk.icc"),
    Path("/usr/share/color/icc/ghostscript/ps_cmyk.icc"),
    Path("/usr/share/color/icc/ISOcoated_v2_300_bas.icc"),
]


def lab(rgb: Colours) -> Colours:
    """CIELAB (D50) of sRGB colours of 0 to 1, shape (…, 3)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    shares = linear @ PRIMARIES.T / np.array([0.9642, 1.0, 0.8249])
    bent = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@cache
def press() -> bytes:
    """An ICC profile (version 2, one `lut8Type` table) of that press: ISO 15076-1 section 10.10."""
    ink = np.stack(np.meshgrid(*[np.linspace(0, 1, STEPS)] * 4, indexing="ij"), axis=-1)
    seen = lab((1 - ink[..., :3]) * (1 - ink[..., 3:]))
    table = np.clip(seen * (2.55, 1, 1) + (0, 128, 128), 0, 255).round().astype(np.uint8)
    gain = (np.linspace(0, 1, 256) ** GAIN * 255).round().astype(np.uint8).tobytes()
    one = struct.pack(">i", 65536)
    matrix = b"".join(one if place % 4 == 0 else bytes(4) for place in range(9))
    lut = b"mft1" + bytes(4) + bytes([4, 3, STEPS, 0]) + matrix + gain * 4 + table.tobytes()
    lut += bytes(range(256)) * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"A2B0": lut, b"wtpt": white}
    start, index, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        index += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"prtr", b"CMYK", b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + white[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body


def printed(picture: Image.Image) -> Image.Image:
    """The picture in the inks that our press would have to be asked for."""
    rgb = np.asarray(picture) / 255
    black = 0.5 * (1 - rgb.max(axis=2, keepdims=True))
    laid = np.concatenate([1 - rgb / (1 - black), black], axis=2)
    asked = (laid ** (1 / GAIN) * 255).round().astype(np.uint8)
    return Image.frombytes("CMYK", picture.size, asked.tobytes())


def error(pixels: NDArray[np.uint8], picture: Image.Image) -> float:
    return float(np.abs(pixels.astype(int) - np.asarray(picture)).mean())


def distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    values = [np.frombuffer(pdq_prints(pixels)[0].value, np.uint8) for pixels in (first, second)]
    return int(np.bitwise_count(values[0] ^ values[1]).sum())


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_read_by_the_profile_of_their_press(
    tmp_path: Path, photos: dict[str, Image.Image], kind: str
) -> None:
    photo = photos["china"]
    inks = printed(photo)
    quality = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    inks.save(tmp_path / "told", kind, icc_profile=press(), **quality)
    inks.save(tmp_path / "untold", kind, **quality)
    told, untold = canonical_rgb(tmp_path / "told"), canonical_rgb(tmp_path / "untold")
    assert error(told, photo) < 4
    assert error(untold, photo) > 3 * error(told, photo)
    assert distance(told, np.asarray(photo)) <= 8


def test_inks_of_a_press_profile_of_this_machine_are_the_picture(
    tmp_path: Path, photos: dict[str, Image.Image]
) -> None:
    found = next((path for path in SYSTEM if path.is_file()), None)
    if found is None:
        pytest.skip(f"no CMYK profile at {', '.join(map(str, SYSTEM))}")
    # Pale: a press has fewer colours than a screen.
    calm = Image.blend(photos["china"], Image.new("RGB", photos["china"].size, "grey"), 0.6)
    icc = found.read_bytes()
    inks = ImageCms.profileToProfile(
        calm, ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(icc)), outputMode="CMYK"
    )
    assert inks is not None
    inks.save(tmp_path / "print.jpg", quality=95, icc_profile=icc)
    assert error(canonical_rgb(tmp_path / "print.jpg"), calm) < 8


@pytest.mark.parametrize(
    "icc",
    [
        press()[:200],
        press()[: len(press()) // 2],
        press()[:132] + b"A2B0\xff\xff\xff\xff\xff\xff\xff\xff" + press()[144:],
        press().replace(b"mft1\0\0\0\0\x04\x03", b"mft1\0\0\0\0\x0f\x03"),
        press().replace(b"CMYK", b"RGB "),
        b"\0" * 5_000,
    ],
)
def test_inks_with_a_broken_profile_are_read_plainly(
    tmp_path: Path, photos: dict[str, Image.Image], icc: bytes
) -> None:
    inks = printed(photos["flower"])
    inks.save(tmp_path / "told.tif", icc_profile=icc)
    inks.save(tmp_path / "untold.tif")
    assert (canonical_rgb(tmp_path / "told.tif") == canonical_rgb(tmp_path / "untold.tif")).all()


@given(st.integers(0, 1_500), st.binary(min_size=1, max_size=8))
def test_no_altered_press_profile_is_too_strange(place: int, bits: bytes) -> None:
    icc = bytearray(press())
    icc[place : place + len(bits)] = bits
    assert to_srgb(Image.new("CMYK", (3, 3), (9, 200, 90, 30)), bytes(icc)).size == (3, 3)


@pytest.mark.parametrize("profiled", [False, True])
def test_a_picture_in_cielab_is_the_picture(
    tmp_path: Path, photos: dict[str, Image.Image], profiled: bool
) -> None:
    space = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    told = ImageCms.profileToProfile(photos["china"], ImageCms.createProfile("sRGB"), space, outputMode="LAB")
    assert told is not None
    told.save(tmp_path / "lab.tif", icc_profile=space.tobytes() if profiled else None)
    assert error(canonical_rgb(tmp_path / "lab.tif"), photos["china"]) < 1


def test_a_palette_whose_colours_let_the_paper_through_is_laid_over_white(tmp_path: Path) -> None:
    picture = Image.new("P", (3, 1))
    picture.putpalette([255, 0, 0, 255, 0, 0, 0, 0, 255])
    picture.putdata([0, 1, 2])
    picture.save(tmp_path / "palette.png", transparency=bytes([0, 128, 255]))
    (clear, half, full) = canonical_rgb(tmp_path / "palette.png")[0].tolist()
    assert clear == [255, 255, 255]
    assert half[0] == 255
    assert 126 <= half[1] == half[2] <= 128
    assert full == [0, 0, 255]


def test_the_clear_colour_of_a_gif_is_white(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putdata([0, 1])
    picture.save(tmp_path / "clear.gif", transparency=0)
    assert canonical_rgb(tmp_path / "clear.gif")[0].tolist() == [[255, 255, 255], [200, 0, 0]]


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_a_channel_are_cut_to_eight(tmp_path: Path, colour_type: int, channels: int) -> None:
    deep = np.random.default_rng(colour_type).integers(0, 65_536, (6, 9, channels)).astype(">u2")
    if channels in (2, 4):
        deep[..., -1] = 65_535
    (tmp_path / "deep.png").write_bytes(_png(deep, colour_type))
    grey_or_rgb = (deep >> 8)[..., :1] if channels < 3 else (deep >> 8)[..., :3]
    pixels = canonical_rgb(tmp_path / "deep.png").astype(int)
    assert np.abs(pixels - grey_or_rgb).max() <= 1


def _png(deep: NDArray[np.uint16], colour_type: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = deep.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + line.tobytes() for line in deep)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")]
    )
