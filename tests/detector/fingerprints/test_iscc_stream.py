"""The codes of whole audio and video files, and the bounds they keep."""

import hashlib
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.errors import MediaUnreadable
from detector.fingerprints import iscc_stream
from detector.fingerprints.audio import audio_prints
from detector.fingerprints.chromaprint import features
from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.frame_signature import frame_signature
from detector.fingerprints.iscc import audio_code, video_code
from detector.fingerprints.recording import Recording, coded_recording, recording
from detector.fingerprints.soft_binding import ISCC_ALGORITHM, iscc_value, soft_bindings
from detector.fingerprints.video import video_prints
from detector.media.audio import mono_blocks
from detector.media.container import StreamLimits
from detector.media.reencode import write_audio
from detector.media.reference import ReferencePictures, ReferenceSound, brightness, sound
from detector.media.video import frames
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


def coded(path: Path, medium: Medium) -> Recording:
    return coded_recording(path, StreamLimits(), medium.value)


def stream_code(path: Path, medium: Medium) -> str | None:
    """Its code, and none where its tracks cannot be read."""
    try:
        return coded(path, medium).iscc
    except MediaUnreadable:
        return None


def digest(entry: Fingerprint) -> str:
    return hashlib.sha256(entry.value).hexdigest()[:16]


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
    monkeypatch.setattr(iscc_stream, "MAX_AUDIO_SECONDS", 4)
    monkeypatch.setattr(iscc_stream, "MAX_VIDEO_SECONDS", 3)
    for path, medium in ((audio, Medium.AUDIO), (video, Medium.VIDEO)):
        made = coded(path, medium)
        assert made.iscc is None
        assert made.prints == recording(path, StreamLimits())


def test_a_video_of_too_many_pixels_has_none_and_keeps_its_fingerprints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = video_file(tmp_path / "a.mp4", 40)
    monkeypatch.setattr(iscc_stream, "MAX_CODE_PIXELS", 1_000)
    assert coded(path, Medium.VIDEO) == Recording(recording(path, StreamLimits()), None)


@pytest.mark.parametrize("medium", [Medium.AUDIO, Medium.VIDEO])
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


def test_a_sound_decoded_once_gives_what_two_readings_give(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", chirp(12))
    made = coded(path, Medium.AUDIO)
    assert made.prints == recording(path, StreamLimits()) == audio_prints(mono_blocks(path))
    assert made.iscc == audio_code(features(sound(path, StreamLimits())))


@pytest.mark.parametrize(("frame_count", "rate"), [(1, 10), (40, 10), (75, 25), (130, 60)])
def test_a_video_decoded_once_gives_what_two_readings_give(
    tmp_path: Path, frame_count: int, rate: int
) -> None:
    path = video_file(tmp_path / "a.mp4", frame_count, rate=rate)
    made = coded(path, Medium.VIDEO)
    assert made.prints == recording(path, StreamLimits()) == video_prints(frames(path))
    assert made.iscc == video_code(map(frame_signature, brightness(path, StreamLimits())))


def test_prints_and_codes_are_those_of_earlier_versions(tmp_path: Path) -> None:
    heard = coded(sound_file(tmp_path / "a.wav", chirp(12)), Medium.AUDIO)
    assert heard.iscc == "ISCC:EIDQJLFZMYLLZKZMCJWDDK6JFGUXMBVOHBBQJLN3M4KCYOJOO2W3QJQ"
    assert digest(heard.prints[0]) == "809d84e44d19c85b"
    seen = coded(video_file(tmp_path / "b.mkv", 40, codec="ffv1"), Medium.VIDEO)
    assert seen.iscc == "ISCC:EMD3NPJMID4IJHMD3KMNOSDGVWSIAK4IAAVQWPAY4PQNPWG6TUMQDSQ"
    assert digest(seen.prints[0]) == "9cf9b80e8b61447a"


def test_each_track_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.media import track

    passes: list[str] = []
    decoded = track.decoded

    def counted(container: Any, stream: Any, code: str) -> Any:
        passes.append(stream.type)
        return decoded(container, stream, code)

    monkeypatch.setattr(track, "decoded", counted)
    assert coded(video_file(tmp_path / "a.mp4", 20), Medium.VIDEO).iscc is not None
    assert coded(sound_file(tmp_path / "b.wav", chirp(6)), Medium.AUDIO).iscc is not None
    assert passes == ["video", "audio"]


def test_a_code_that_cannot_be_made_costs_the_fingerprints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise KeyError("nothing that anybody foresaw")

    heard, seen = sound_file(tmp_path / "a.wav", chirp(6)), video_file(tmp_path / "b.mp4", 20)
    monkeypatch.setattr(ReferenceSound, "take", broken)
    monkeypatch.setattr(ReferencePictures, "take", broken)
    for path, medium in ((heard, Medium.AUDIO), (seen, Medium.VIDEO)):
        assert coded(path, medium) == Recording(recording(path, StreamLimits()), None)


def test_a_video_type_that_holds_sound_alone_has_the_code_of_its_sound(
    tmp_path: Path, without_model: Embedders
) -> None:
    path = tmp_path / "a.webm"
    write_audio(path, 0.5 * chirp(6).astype(np.float32), RATE, "libopus", 64_000)
    found = fingerprints(path, Medium.VIDEO, "0" * 64, without_model)
    assert found.iscc is not None
    assert found.iscc == stream_code(path, Medium.AUDIO)
    assert "iscc-audio/1" in {entry.method for entry in found.prints}


def test_a_sound_is_published_with_its_code(tmp_path: Path, without_model: Embedders) -> None:
    path = sound_file(tmp_path / "a.wav", chirp(6))
    found = fingerprints(path, Medium.AUDIO, "0" * 64, without_model)
    code = stream_code(path, Medium.AUDIO)
    assert code is not None
    assert (ISCC_ALGORITHM, iscc_value(code)) in soft_bindings(found)
