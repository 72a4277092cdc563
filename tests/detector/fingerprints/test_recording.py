from pathlib import Path

import numpy as np
import pytest

from detector.audio_material import RATE, piece
from detector.errors import MediaUnreadable
from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.recording import recording
from detector.match import Matcher
from detector.media.container import StreamLimits
from detector.media.reencode import write_audio, write_video
from detector.media.workers import Workers
from provenance.assets.asset import Medium

SHARED = Path(__file__).resolve().parents[4] / "shared"


def test_an_mp3_of_a_wave_file_is_found_through_the_workers(tmp_path: Path) -> None:
    sound = piece(210, 9.0)
    write_audio(tmp_path / "whole.wav", sound, RATE, "pcm_s16le", 352_800)
    write_audio(tmp_path / "part.mp3", sound[2 * RATE :], RATE, "libmp3lame", 32_000)
    workers = Workers(1)
    try:
        embedders = Embedders(workers=workers)
        whole, part = (
            fingerprints(tmp_path / name, Medium.AUDIO, digest * 64, embedders)
            for name, digest in (("whole.wav", "a"), ("part.mp3", "b"))
        )
    finally:
        workers.close()
    assert [entry.method for entry in whole.prints] == [
        "sha256/1",
        "audio/1",
        "audio-asked/1",
        "iscc-audio/1",
    ]
    matcher = Matcher()
    matcher.add(1, whole)
    (found,) = matcher.match(part)
    assert "lies at 2.0 s of the original" in found.why


def test_a_video_without_sound_has_its_frames_alone(tmp_path: Path) -> None:
    frames = np.random.default_rng(1).integers(0, 255, (6, 64, 64, 3), dtype=np.uint8)
    write_video(tmp_path / "x.mp4", frames, 2.0)
    assert {entry.method for entry in recording(tmp_path / "x.mp4", StreamLimits())} <= {
        "video/1",
        "video-asked/1",
    }


def test_what_cannot_be_decoded_is_known_by_its_digest_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42 and no more")
    with pytest.raises(MediaUnreadable):
        recording(path, StreamLimits())
    found = fingerprints(path, Medium.VIDEO, "a" * 64, Embedders())
    assert [entry.method for entry in found.prints] == ["sha256/1"]
    assert found.unread is not None
    assert found.unread.code == "unreadable_media"


def test_the_sound_of_a_video_counts_too() -> None:
    path = SHARED / "samples" / "media" / "video1_no_manifest.mp4"
    if not path.is_file():
        pytest.skip(f"no sample at {path}")
    methods = {entry.method for entry in recording(path, StreamLimits())}
    assert {"video/1", "video-asked/1", "audio/1"} <= methods
