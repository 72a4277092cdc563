import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detector.errors import MediaUnreadable
from detector.media.container import StreamLimits, header
from detector.media.video import frames

Make = Callable[..., Path]


def code_of(path: Path, **limits: int) -> str:
    with pytest.raises(MediaUnreadable) as caught:
        list(frames(path, StreamLimits(**limits)))
    return caught.value.code


def test_two_frames_a_second_are_taken_whatever_the_rate(moving: Make) -> None:
    for rate in (10.0, 25.0):
        taken = list(frames(moving(f"{rate}.mp4", int(3 * rate), rate)))
        assert [round(frame.seconds, 1) for frame in taken] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
        assert taken[0].pixels.shape == (64, 96, 3)
        assert tuple(taken[0].pixels[12, 4] > 128) == (True, False, False)


def test_large_frames_are_made_small(moving: Make) -> None:
    assert next(iter(frames(moving("wide.mp4", 2, size=(1280, 320))))).pixels.shape == (128, 512, 3)


def test_a_video_of_one_frame_is_one(moving: Make) -> None:
    assert len(list(frames(moving("one.mp4", 1)))) == 1


def test_limits_are_held_by_the_header_and_while_reading(moving: Make) -> None:
    path = moving("clip.mp4")
    assert code_of(path, max_pixels=96 * 64 - 1) == "too_many_pixels"
    assert code_of(path, max_seconds=1) == "media_too_long"
    assert code_of(path, max_frames=19) == "too_many_frames"
    assert header(path, StreamLimits()).seconds == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    ("matrix", "place"),
    [
        ((1, 0, 0, 1), (0, 0)),
        ((-1, 0, 0, 1), (0, 1)),
        ((1, 0, 0, -1), (1, 0)),
        ((-1, 0, 0, -1), (1, 1)),
        ((0, 1, -1, 0), (0, 1)),
        ((0, -1, 1, 0), (1, 0)),
        ((0, 1, 1, 0), (0, 0)),
        ((0, -1, -1, 0), (1, 1)),
    ],
)
def test_the_display_matrix_gives_the_upright_frame(
    moving: Make, matrix: tuple[int, int, int, int], place: tuple[int, int]
) -> None:
    path = moving("turned.mp4", 1)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"tkhd") + 44
    a, b, c, d = (65536 * value for value in matrix)
    whole[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(whole)
    pixels = next(iter(frames(path))).pixels
    assert pixels.shape == ((96, 64, 3) if matrix[0] == 0 else (64, 96, 3))
    red = pixels[..., 0] > 128
    corner = [axis.mean() > side / 2 for axis, side in zip(np.nonzero(red), red.shape, strict=True)]
    assert tuple(int(far) for far in corner) == place


def test_a_cover_picture_is_no_video(tone: Make, tmp_path: Path) -> None:
    import av

    path, covered = tone("song.mp3"), tmp_path / "covered.mp3"
    with av.open(str(path)) as source, av.open(str(covered), "w") as out:
        sound = out.add_stream_from_template(source.streams.audio[0])
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), format="rgb24")
        out.mux(cover.encode(picture.reformat(format="yuvj420p")))
        out.mux(cover.encode(None))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                out.mux(packet)
    head = header(covered)
    assert (head.has_audio, head.has_video) == (True, False)
    assert code_of(covered) == "no_video"


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", b"GIF89a"])
def test_bytes_that_are_no_video_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    assert code_of(path) in {"unreadable_video", "no_video", "truncated_file"}


def test_no_damage_is_more_than_an_error(moving: Make, tmp_path: Path) -> None:
    whole = moving("clip.mp4").read_bytes()
    rng = np.random.default_rng(3)
    for number in range(25):
        broken = np.frombuffer(whole, dtype=np.uint8).copy()
        broken[rng.integers(0, len(broken), 20)] = rng.integers(0, 256, 20)
        path = tmp_path / f"broken{number}.mp4"
        path.write_bytes(broken.tobytes()[: int(rng.integers(len(whole) // 2, len(whole) + 1))])
        try:
            assert all(frame.pixels.ndim == 3 for frame in frames(path))
        except MediaUnreadable as error:
            assert error.code  # noqa: PT017
