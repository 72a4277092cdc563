"""Whatever a file holds, it gets its digest at least, in bounded time, and the next is none the worse."""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.exact import digest_print
from detector.fingerprints.fingerprint import Fingerprints
from detector.media.reencode import write_audio
from detector.media.workers import WorkerLimits, Workers
from provenance.assets.asset import Medium
from provenance.assets.sniff import sniff

SECONDS = 60
LARGEST = 8_000_000
FORMATS = ["jpg", "png", "webp", "gif", "avif", "heic", "tiff", "svg", "wav", "mp3", "m4a", "mp4", "pdf"]


@pytest.fixture(scope="module")
def embedders() -> Iterator[Embedders]:
    workers = Workers(1, WorkerLimits(cpu_seconds=20, memory_bytes=2 * 1024**3))
    yield Embedders(workers=workers)
    workers.close()


def read(path: Path, content: bytes, embedders: Embedders) -> Fingerprints:
    """Its fingerprints as an upload of these bytes gets them."""
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    begun = time.monotonic()
    found = fingerprints(path, sniff(content, path.name)[1], sha256, embedders)
    assert time.monotonic() - begun < SECONDS
    assert digest_print(sha256) in found.prints
    assert found.unread is None or (found.unread.code and found.unread.sentence)
    return found


def altered(content: bytes, rng: random.Random) -> bytes:
    """A few bytes of the first 4 KB and of the rest are others."""
    data = bytearray(content)
    for reach in (min(len(data), 4096), len(data)):
        for _ in range(4):
            data[rng.randrange(reach)] = rng.randrange(256)
    return bytes(data)


def small_heic(path: Path) -> bytes:
    """The sample has fifty million pixels."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    Image.linear_gradient("L").convert("RGB").save(path, "HEIF")
    return path.read_bytes()


def smallest(shared: Path, extension: str) -> bytes:
    found = (shared / "samples" / "media").glob(f"*.{extension}")
    samples = sorted(found, key=lambda path: path.stat().st_size)
    if not samples or samples[0].stat().st_size > LARGEST:
        pytest.skip(f"no sample of at most {LARGEST:,} bytes with .{extension} in ../shared/samples/media")
    return samples[0].read_bytes()


@pytest.mark.parametrize("extension", FORMATS)
def test_cut_and_altered_files_of_every_format_are_known_by_their_digest_at_least(
    shared: Path, tmp_path: Path, embedders: Embedders, extension: str
) -> None:
    whole = small_heic(tmp_path / "x.heic") if extension == "heic" else smallest(shared, extension)
    rng = random.Random(extension)
    for share in (0.03, 0.5, 0.99):
        read(tmp_path / "cut", whole[: int(len(whole) * share)], embedders)
    for _ in range(3):
        read(tmp_path / "altered", altered(whole, rng), embedders)
    assert read(tmp_path / "whole", whole, embedders).unread is None


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("webm", "libvpx"), ("mkv", "ffv1"), ("avi", "mpeg4"), ("ts", "mpeg2video"), ("mov", "libx264")],
)
def test_cut_and_altered_videos_of_every_container_are_known_by_their_digest_at_least(
    moving: Callable[..., Path], tmp_path: Path, embedders: Embedders, suffix: str, codec: str
) -> None:
    _survives(moving(f"clip.{suffix}", 60, 25.0, codec=codec), tmp_path, embedders)


@pytest.mark.parametrize(
    ("suffix", "codec"), [("ogg", "libopus"), ("aiff", "pcm_s16be"), ("aac", "aac"), ("webm", "libopus")]
)
def test_cut_and_altered_sounds_of_every_container_are_known_by_their_digest_at_least(
    tmp_path: Path, embedders: Embedders, suffix: str, codec: str
) -> None:
    path = tmp_path / f"sound.{suffix}"
    noise = np.random.default_rng(2).normal(0, 0.1, 6 * 16_000).astype(np.float32)
    write_audio(path, noise, 16_000, codec, 64_000)
    _survives(path, tmp_path, embedders)


def _survives(path: Path, folder: Path, embedders: Embedders) -> None:
    whole = path.read_bytes()
    rng = random.Random(path.name)
    assert sniff(whole[:4096], "")[1] in (Medium.AUDIO, Medium.VIDEO)
    for share in (0.1, 0.5, 0.99):
        read(folder / "cut", whole[: int(len(whole) * share)], embedders)
    for _ in range(5):
        read(folder / "altered", altered(whole, rng), embedders)
    assert read(folder / "whole", whole, embedders).unread is None


def test_a_small_file_of_many_pixels_costs_no_more_than_the_limits(
    tmp_path: Path, embedders: Embedders
) -> None:
    Image.new("L", (10_000, 9_900)).save(tmp_path / "bomb.png")
    content = (tmp_path / "bomb.png").read_bytes()
    assert len(content) < 200_000
    found = read(tmp_path / "bomb.png", content, embedders)
    assert found.unread is None or found.unread.code in {"too_much_memory", "decode_timeout"}


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 20_000)])
def test_pictures_of_odd_sizes_are_read_in_a_worker(
    tmp_path: Path, embedders: Embedders, size: tuple[int, int]
) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "odd.png")
    assert read(tmp_path / "odd.png", (tmp_path / "odd.png").read_bytes(), embedders).thumbnail


def test_a_folder_in_a_files_place_is_no_picture(tmp_path: Path, embedders: Embedders) -> None:
    found = fingerprints(tmp_path, Medium.IMAGE, "0" * 64, embedders)
    assert found.unread is not None
    assert found.unread.code == "media_unreadable"
