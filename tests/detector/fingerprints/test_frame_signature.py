"""Frame signatures, as ffmpeg's `signature` filter computes them."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from detector.fingerprints.frame_signature import ELEMENTS, frame_signature
from detector.fingerprints.signature_layout import SIDE, groups
from detector.media.container import StreamLimits
from detector.media.reference import brightness

Luma = NDArray[np.uint8]
FFMPEG = shutil.which("ffmpeg")


def drawing(height: int, width: int) -> Luma:
    """Waves and a flat quarter, in whole numbers, so that every machine draws it alike."""
    y, x = np.mgrid[:height, :width]
    waves = (x * x // 7 + 3 * y * x // 11 + 5 * y) % 251
    waves[height // 2 :, width // 2 :] = 90
    return waves.astype(np.uint8)


def by_ffmpeg(path: Path, filters: str, folder: Path) -> NDArray[np.uint8]:
    """What ffmpeg's filter says of each frame, shape (frames, 380)."""
    told = folder / "signature.xml"
    command = [str(FFMPEG), "-loglevel", "error", "-y", "-i", str(path), "-vf"]
    command += [f"{filters}signature=format=xml:filename={told}", "-f", "null", "-"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    found = re.findall(r"<FrameSignature>(.*?)</FrameSignature>", told.read_text(), re.DOTALL)
    return np.array([each.split() for each in found], dtype=np.uint8)


# SHA-256 of the 380 values that ffmpeg 5.1.9 gave for drawing(height, width).
BY_FFMPEG = {
    (48, 64): "588f868b6b5a7c1431cfb913ccc58daa7be0b48910127695e026968808d53ed1",
    (257, 333): "b9d5d68ac76b0d2d36ef08598dbf3b36db4ece8baf72ab8e24b29d6dc0ecea38",
    (720, 1280): "28c4a9412b777968d8fb3b81873ba32931e11adaee6fceebc8e0a3b80b7944d8",
}


@pytest.mark.parametrize(("height", "width"), sorted(BY_FFMPEG))
def test_signatures_are_those_that_ffmpeg_gave(height: int, width: int) -> None:
    found = frame_signature(drawing(height, width))
    assert hashlib.sha256(found.tobytes()).hexdigest() == BY_FFMPEG[height, width]


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg here")
@pytest.mark.parametrize(("height", "width"), [(32, 32), (47, 61), (360, 640), (1080, 1920), (2160, 3840)])
def test_signatures_are_ffmpegs(tmp_path: Path, height: int, width: int) -> None:
    drawn = drawing(height, width)
    path = tmp_path / "drawing.png"
    Image.fromarray(drawn).save(path)
    assert (by_ffmpeg(path, "format=gray,", tmp_path)[0] == frame_signature(drawn)).all()


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg here")
def test_a_videos_signatures_are_those_of_the_frames_that_ffmpeg_lets_through(
    shared: Path, tmp_path: Path
) -> None:
    path = shared / "samples" / "media" / "video1_no_manifest.mp4"
    found = [frame_signature(luma) for luma in brightness(path, StreamLimits())]
    assert (by_ffmpeg(path, "fps=fps=5,", tmp_path) == np.array(found)).all()


def test_the_layout_has_the_standards_ten_groups_within_the_frame() -> None:
    made = groups()
    assert [len(group) for group in made] == [20, 12, 116, 25, 36, 30, 62, 9, 50, 20]
    assert sum(map(len, made)) == ELEMENTS
    for element in (element for group in made for element in group):
        for left, top, width, height in (*element.more, *element.less):
            assert 0 <= left < left + width <= SIDE
            assert 0 <= top < top + height <= SIDE


def test_no_element_is_told_twice() -> None:
    told = [element for group in groups() for element in group]
    assert len(set(told)) == len(told)


@given(
    luma=arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))),
    copies=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_every_picture_has_a_signature_and_its_negative_the_opposite_differences(
    luma: Luma, copies: tuple[int, int]
) -> None:
    found = frame_signature(luma)
    assert found.shape == (ELEMENTS,)
    assert set(found.tolist()) <= {0, 1, 2}
    assert (frame_signature(255 - luma)[32:] == 2 - found[32:]).all()
    if min(luma.shape) >= SIDE and not (luma.shape[0] % SIDE or luma.shape[1] % SIDE):
        assert (frame_signature(np.kron(luma, np.ones(copies, dtype=np.uint8))) == found).all()


@pytest.mark.parametrize("shape", [(1, 1), (10, 20_000), (20_000, 10), (33, 8_193), (9_000, 9_000)])
@pytest.mark.parametrize("grey", [0, 77, 255])
def test_a_flat_frame_of_any_size_is_about_the_same_everywhere(shape: tuple[int, int], grey: int) -> None:
    assert (frame_signature(np.full(shape, grey, dtype=np.uint8)) == 1).all()


def test_a_smaller_and_brighter_copy_keeps_most_values_and_another_picture_does_not(photo: Path) -> None:
    image = Image.open(photo).convert("L")
    found = frame_signature(np.asarray(image))
    copy = np.asarray(image.resize((200, 133))) // 2 + 60
    assert (frame_signature(copy) == found).mean() > 0.85
    assert (frame_signature(np.asarray(image)[::-1]) == found).mean() < 0.6
