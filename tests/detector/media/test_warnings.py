"""What Pillow warns of and reads past, we read past too, whatever is made of warnings."""

import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image

from detector.errors import MediaUnreadable
from detector.media.image import canonical_rgb

ROOT = Path(__file__).resolve().parents[3]
READ = """
import sys, pathlib
from concurrent.futures import ThreadPoolExecutor
from detector.media.image import canonical_rgb
with ThreadPoolExecutor(4) as threads:
    for pixels in threads.map(canonical_rgb, map(pathlib.Path, sys.argv[1:])):
        print(pixels.shape)
"""


def jpeg_with_a_tag_beyond_the_file() -> bytes:
    tags = ((0x0112, 3, 1, 6), (0x010F, 2, 50_000, 38))
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(tags))
    exif += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    made = io.BytesIO()
    Image.linear_gradient("L").resize((40, 20)).save(made, "JPEG", exif=exif)
    return made.getvalue()


def png_of_no_frames() -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((20, 40)).save(made, "PNG")
    whole, kind = made.getvalue(), b"acTL" + bytes(8)
    return whole[:33] + struct.pack(">I", 8) + kind + struct.pack(">I", zlib.crc32(kind)) + whole[33:]


def tiff_with_a_tag_beyond_the_file() -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((20, 40)).save(made, "TIFF", tiffinfo={305: "x" * 100})
    whole = bytearray(made.getvalue())
    at = whole.index(struct.pack("<HH", 305, 2)) + 4
    whole[at : at + 4] = struct.pack("<I", 1_000_000)
    return bytes(whole)


@pytest.fixture
def odd(tmp_path: Path) -> list[Path]:
    made = [jpeg_with_a_tag_beyond_the_file(), png_of_no_frames(), tiff_with_a_tag_beyond_the_file()]
    for number, content in enumerate(made):
        (tmp_path / str(number)).write_bytes(content)
    return [tmp_path / str(number) for number in range(len(made))]


def test_odd_metadata_is_passed_over_in_silence_in_every_thread(odd: list[Path]) -> None:
    line = [sys.executable, "-W", "error", "-c", READ, *map(str, odd * 4)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split("\n")[:-1] == ["(40, 20, 3)"] * 12


def test_a_warning_that_somebody_made_an_error_is_damage_with_a_code(odd: list[Path]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in odd:
            with pytest.raises(MediaUnreadable) as caught:
                canonical_rgb(path)
            assert caught.value.code == "unreadable_image"


def test_other_warnings_are_still_told() -> None:
    said = "import detector.media.image, warnings; warnings.warn('Tag data larger than file')"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Tag data larger than file" in done.stderr
