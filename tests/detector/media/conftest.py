"""Short clips that the tests make themselves: tones, noise, moving squares."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detector.media.reencode import write_audio, write_video


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """Writes a 440 Hz tone of so many seconds as NAME; the suffix decides the format."""

    def make(name: str, seconds: float = 2.0, rate: int = 22_050) -> Path:
        codec = {".wav": "pcm_s16le", ".mp3": "libmp3lame", ".m4a": "aac", ".mp4": "aac", ".flac": "flac"}
        time = np.arange(int(seconds * rate)) / rate
        path = tmp_path / name
        write_audio(
            path, (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32), rate, codec[path.suffix], 64_000
        )
        return path

    return make


@pytest.fixture
def moving(tmp_path: Path) -> Callable[..., Path]:
    """Writes a video of a bright square that crosses a dark field, as NAME."""

    def make(
        name: str,
        count: int = 20,
        rate: float = 10.0,
        size: tuple[int, int] = (96, 64),
        codec: str = "libx264",
    ) -> Path:
        width, height = size
        frames = np.full((count, height, width, 3), 20, dtype=np.uint8)
        for number in range(count):
            left = number * (width - 16) // max(1, count)
            frames[number, 8:24, left : left + 16] = (250, 40, 40)
        path = tmp_path / name
        write_video(path, frames, rate, codec)
        return path

    return make
