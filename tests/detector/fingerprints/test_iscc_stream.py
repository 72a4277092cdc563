"""The codes of whole audio and video files, and the bounds they keep."""

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.fingerprints import iscc_stream
from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.iscc_stream import stream_code
from detector.fingerprints.soft_binding import ISCC_ALGORITHM, iscc_value, soft_bindings
from detector.media.container import StreamLimits
from provenance.assets.asset import Medium

RATE = 16_000


def sound_file(path: Path, samples: NDArray[np.float64]) -> Path:
    with wave.open(str(path), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes((samples * 20_000).astype("<i2").tobytes())
    return path


def chirp(seconds: float) -> NDArray[np.float64]:
    times = np.arange(int(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * (200 + 150 * times) * times) * (0.6 + 0.4 * np.sin(3 * times))


def video_file(path: Path, frames: int, *, moving: bool = True, codec: str = "mpeg4", rate: int = 10) -> Path:
    import av

    y, x = np.mgrid[:48, :64]
    with av.open(str(path), "w") as made:
        stream = made.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            spots = np.sin(x / 5 + number / 9) + np.cos(y / 7 - number / 20) + np.sin((x + y) / 11)
            grey = (128 + 40 * spots if moving else x * 0 + 80).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24")
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


def apart(one: str, other: str) -> int:
    import iscc_core

    codes = [int.from_bytes(iscc_core.decode_base32(code[5:])[-32:], "big") for code in (one, other)]
    return (codes[0] ^ codes[1]).bit_count()


def test_a_sound_has_an_audio_code_that_a_quieter_copy_nearly_shares(tmp_path: Path) -> None:
    code = stream_code(sound_file(tmp_path / "a.wav", chirp(12)), Medium.AUDIO)
    quieter = stream_code(sound_file(tmp_path / "b.wav", chirp(12) * 0.3), Medium.AUDIO)
    other = stream_code(sound_file(tmp_path / "c.wav", chirp(12)[::-1].copy()), Medium.AUDIO)
    assert code is not None
    assert quieter is not None
    assert other is not None
    assert code.startswith("ISCC:EI")
    assert apart(code, quieter) <= 8
    assert apart(code, other) > 40


def test_a_video_has_a_video_code_that_another_encoding_nearly_shares(tmp_path: Path) -> None:
    code = stream_code(video_file(tmp_path / "a.mp4", 30), Medium.VIDEO)
    again = stream_code(video_file(tmp_path / "b.mkv", 30, codec="ffv1"), Medium.VIDEO)
    assert code is not None
    assert again is not None
    assert code.startswith("ISCC:EM")
    assert apart(code, again) <= 40


def test_a_video_of_one_frame_has_a_code(tmp_path: Path) -> None:
    assert stream_code(video_file(tmp_path / "one.mp4", 1), Medium.VIDEO) is not None


def test_silence_and_a_blank_video_have_none(tmp_path: Path) -> None:
    assert stream_code(sound_file(tmp_path / "a.wav", np.zeros(8 * RATE)), Medium.AUDIO) is None
    assert stream_code(sound_file(tmp_path / "b.wav", chirp(1)), Medium.AUDIO) is None
    assert stream_code(video_file(tmp_path / "c.mp4", 20, moving=False), Medium.VIDEO) is None


def test_what_lasts_longer_than_the_bounds_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = sound_file(tmp_path / "a.wav", chirp(5))
    video = video_file(tmp_path / "b.mp4", 40)
    assert stream_code(audio, Medium.AUDIO, StreamLimits(max_seconds=4)) is None
    assert stream_code(video, Medium.VIDEO, StreamLimits(max_frames=39)) is None
    monkeypatch.setattr(iscc_stream, "MAX_AUDIO_SECONDS", 4)
    monkeypatch.setattr(iscc_stream, "MAX_VIDEO_SECONDS", 3)
    assert stream_code(audio, Medium.AUDIO) is None
    assert stream_code(video, Medium.VIDEO) is None


@pytest.mark.parametrize("medium", list(Medium))
@pytest.mark.parametrize(
    "content", [b"", b"anything", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"\0\0\0\x20ftypisom"]
)
def test_what_is_no_sound_and_no_video_has_none(tmp_path: Path, content: bytes, medium: Medium) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert stream_code(path, medium) is None


def test_a_file_that_is_cut_short_is_coded_as_far_as_it_goes_or_not_at_all(tmp_path: Path) -> None:
    whole = sound_file(tmp_path / "a.wav", chirp(10)).read_bytes()
    cut = tmp_path / "cut.wav"
    for share in (0.001, 0.2, 0.7):
        cut.write_bytes(whole[: int(len(whole) * share)])
        code = stream_code(cut, Medium.AUDIO)
        assert code is None or code.startswith("ISCC:EI")


def test_a_sound_is_published_with_its_code(tmp_path: Path, without_model: Embedders) -> None:
    path = sound_file(tmp_path / "a.wav", chirp(6))
    found = fingerprints(path, Medium.AUDIO, "0" * 64, without_model)
    code = stream_code(path, Medium.AUDIO)
    assert code is not None
    assert (ISCC_ALGORITHM, iscc_value(code)) in soft_bindings(found)
