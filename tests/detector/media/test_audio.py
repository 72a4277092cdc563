from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detector.errors import MediaUnreadable
from detector.media.audio import RATE, mono_blocks
from detector.media.container import StreamLimits, header

Make = Callable[..., Path]


def code_of(path: Path, **limits: float) -> str:
    with pytest.raises(MediaUnreadable) as caught:
        list(mono_blocks(path, StreamLimits(**limits)))
    assert caught.value.permanent
    return caught.value.code


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.flac"])
def test_every_format_gives_the_same_tone_at_the_same_rate(tone: Make, name: str) -> None:
    samples = np.concatenate(list(mono_blocks(tone(name))))
    assert samples.dtype == np.float32
    assert abs(len(samples) - 2 * RATE) < 0.1 * RATE
    middle = samples[RATE // 2 : RATE // 2 + 8192]
    assert abs(int(np.argmax(np.abs(np.fft.rfft(middle)))) * RATE / 8192 - 440) < 2
    assert 0.4 < float(middle.max()) < 0.6


def test_long_sound_comes_in_blocks_of_ten_seconds(tone: Make) -> None:
    assert [len(block) for block in mono_blocks(tone("long.wav", 23.0))][:2] == [10 * RATE, 10 * RATE]


def test_a_recording_over_the_limit_is_refused_from_its_header(tone: Make) -> None:
    path = tone("a.wav", 3.0)
    assert code_of(path, max_seconds=2.5) == "media_too_long"
    with pytest.raises(MediaUnreadable):
        header(path, StreamLimits(max_seconds=2.5))


def test_a_header_that_lies_about_the_length_does_not_help(tone: Make, tmp_path: Path) -> None:
    whole = bytearray(tone("a.wav", 4.0).read_bytes())
    at = whole.index(b"data") + 4
    whole[at : at + 4] = (22_050).to_bytes(4, "little")
    path = tmp_path / "short.wav"
    path.write_bytes(whole)
    total = sum(len(block) for block in mono_blocks(path, StreamLimits(max_seconds=1.0)))
    assert total <= 1.01 * RATE


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 500, b"ID3\4\0\0\0\0\0\0", b"RIFF\0\0\0\0WAVE", b"plain text"]
)
def test_bytes_that_are_no_sound_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(content)
    assert code_of(path) in {"unreadable_audio", "no_audio"}


def test_a_playlist_is_not_followed(tone: Make, tmp_path: Path) -> None:
    inner = tone("secret.wav")
    for name, text in {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{inner}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{inner}'\n",
    }.items():
        (tmp_path / name).write_text(text)
        assert code_of(tmp_path / name) == "unreadable_audio"


def test_a_video_without_sound_has_no_audio(moving: Make) -> None:
    assert code_of(moving("silent.mp4")) == "no_audio"


def test_a_truncated_recording_gives_what_is_there_or_a_code(tone: Make, tmp_path: Path) -> None:
    for name in ("a.mp3", "a.m4a", "a.flac", "a.wav"):
        whole = tone(name, 4.0).read_bytes()
        path = tmp_path / f"cut-{name}"
        path.write_bytes(whole[: len(whole) // 2])
        try:
            assert sum(len(block) for block in mono_blocks(path)) <= 4.2 * RATE
        except MediaUnreadable as error:
            assert error.code == "unreadable_audio"  # noqa: PT017
