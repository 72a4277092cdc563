"""Pictures with colour profiles look like what they mean, and broken profiles hurt nobody."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from detector.fingerprints.pdq import pdq_prints
from detector.media.colour import MAX_PROFILE_BYTES, to_srgb
from detector.media.image import canonical_rgb

# Columns of the D50-adapted matrices (ICC.1 rXYZ, gXYZ, bXYZ).
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def profile(kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A display profile of ICC version 2.1: a header, a table of tags, the tags."""
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        padded = content + b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", start + len(body), len(content))
        body += padded
    white = fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"mntr", kind, b"XYZ ")
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + white
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def rgb_profile(matrix: tuple[tuple[float, ...], ...], gamma: float) -> bytes:
    columns = {
        name: b"XYZ \0\0\0\0" + b"".join(fixed(value) for value in column)
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix, strict=True)
    }
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma))
    white = b"XYZ \0\0\0\0" + fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return profile(b"RGB ", columns | curves | {b"wtpt": white})


def grey_profile(gamma: float) -> bytes:
    white = b"XYZ \0\0\0\0" + fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return profile(b"GRAY", {b"kTRC": curve(gamma), b"wtpt": white})


def in_profile(image: Image.Image, icc: bytes, mode: str = "RGB") -> Image.Image:
    """The same colours, told in the numbers of another profile."""
    import io

    target = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    found = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), target, outputMode=mode)
    assert found is not None
    return found


def distance(first: np.ndarray, second: np.ndarray) -> int:
    values = [np.frombuffer(pdq_prints(pixels)[0].value, np.uint8) for pixels in (first, second)]
    return int(np.bitwise_count(values[0] ^ values[1]).sum())


@pytest.mark.parametrize("matrix", [ADOBE, DISPLAY_P3])
def test_the_same_colours_in_another_profile_are_the_same_picture(
    tmp_path: Path, photos: dict[str, Image.Image], matrix: tuple[tuple[float, ...], ...]
) -> None:
    # Within both gamuts, so that nothing is clipped on the way.
    calm = Image.blend(photos["china"], Image.new("RGB", photos["china"].size, "grey"), 0.4)
    icc = rgb_profile(matrix, 2.2)
    calm.save(tmp_path / "plain.png")
    in_profile(calm, icc).save(tmp_path / "wide.png", icc_profile=icc)
    plain, wide = canonical_rgb(tmp_path / "plain.png"), canonical_rgb(tmp_path / "wide.png")
    untold = np.asarray(Image.open(tmp_path / "wide.png"))
    error = np.abs(plain.astype(int) - wide).mean()
    assert error < 1
    assert np.abs(plain.astype(int) - untold).mean() > 4 * error
    assert distance(plain, wide) <= 4


def test_grey_with_a_profile_is_read_by_it(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 128).save(tmp_path / "dark.png", icc_profile=grey_profile(3.0))
    Image.new("L", (8, 8), 128).save(tmp_path / "plain.png")
    assert canonical_rgb(tmp_path / "dark.png").max() < canonical_rgb(tmp_path / "plain.png").min()


def test_a_profile_that_says_srgb_changes_not_one_pixel(
    tmp_path: Path, photos: dict[str, Image.Image]
) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photos["flower"].save(tmp_path / "told.png", icc_profile=icc)
    assert (canonical_rgb(tmp_path / "told.png") == np.asarray(photos["flower"])).all()


def test_transparent_pixels_become_white_in_any_profile(tmp_path: Path) -> None:
    icc = rgb_profile(ADOBE, 2.2)
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png", icc_profile=icc)
    assert (canonical_rgb(tmp_path / "clear.png") == 255).all()


@pytest.mark.parametrize(
    "icc",
    [
        b"",
        b"nonsense" * 40,
        rgb_profile(ADOBE, 2.2)[:300],
        rgb_profile(ADOBE, 2.2) + b"\0" * MAX_PROFILE_BYTES,
        grey_profile(2.2),
        rgb_profile(((0.0,) * 3,) * 3, 0.0),
    ],
)
def test_a_profile_that_is_broken_too_long_of_another_kind_or_all_black_is_ignored(
    icc: bytes, photos: dict[str, Image.Image]
) -> None:
    assert to_srgb(photos["flower"], icc) is photos["flower"]


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_no_altered_profile_is_too_strange(place: int, bits: bytes) -> None:
    icc = bytearray(rgb_profile(DISPLAY_P3, 2.2))
    icc[place : place + len(bits)] = bits
    assert to_srgb(Image.new("RGB", (3, 3), "red"), bytes(icc)).size == (3, 3)


def test_adobes_inverted_cmyk_is_the_picture_and_not_its_negative(
    tmp_path: Path, photos: dict[str, Image.Image]
) -> None:
    photos["china"].convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    assert b"Adobe" in (tmp_path / "print.jpg").read_bytes()
    pixels = canonical_rgb(tmp_path / "print.jpg")
    assert np.abs(pixels.astype(int) - np.asarray(photos["china"])).mean() < 4


def test_a_multi_picture_file_counts_by_its_first(tmp_path: Path, photos: dict[str, Image.Image]) -> None:
    photos["china"].save(tmp_path / "pair.mpo", "MPO", save_all=True, append_images=[photos["flower"]])
    assert distance(canonical_rgb(tmp_path / "pair.mpo"), np.asarray(photos["china"])) <= 4


def test_sixteen_bits_a_colour_keep_their_picture(tmp_path: Path) -> None:
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    deep = np.random.default_rng(3).integers(0, 65536, (6, 9, 3)).astype(">u2")
    lines = b"".join(b"\0" + line.tobytes() for line in deep)
    header = struct.pack(">IIBBBBB", 9, 6, 16, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    (tmp_path / "deep.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    assert np.abs(canonical_rgb(tmp_path / "deep.png").astype(int) - (deep >> 8)).max() <= 1
