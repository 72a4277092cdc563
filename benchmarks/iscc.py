"""ISCC codes of sound and video beside the tools that the standard's own implementation calls: do they agree,
and what does it take? And how near the codes of unrelated sounds come.

The sounds are made up from seeds (detector/audio_material.py), the video is shared/'s one sample and three
other encodings of it: agreement does not hang on what they hold, nearness does.
"""

import json
import re
import shutil
import subprocess
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from detector.audio_material import RATE as MADE_AT
from detector.audio_material import piece
from detector.fingerprints.chromaprint import RATE, features
from detector.fingerprints.frame_signature import frame_signature
from detector.fingerprints.iscc import BITS, audio_code, video_code
from detector.matching.content_code import NEAR
from detector.media.container import StreamLimits
from detector.media.reference import brightness, sound
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "ISCC codes of sound and video beside fpcalc and ffmpeg's signature filter"
MEDIA = PROJECT.parent / "shared" / "samples" / "media"
_SOUNDS, _SECONDS, _UNRELATED = 12, 60, 120
_FIRST_SEED = 500_000


def measure() -> list[Figure]:
    """Agreement first, then rates, then nearness."""
    for tool in ("fpcalc", "ffmpeg"):
        if shutil.which(tool) is None:
            raise RuntimeError(f"{tool} is not here (Debian: libchromaprint-tools, ffmpeg).")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        return [*_sounds(folder), *_videos(folder), *_nearness()]


def _sounds(folder: Path) -> Iterator[Figure]:
    paths = [*_encoded(folder), *(path for path in sorted(MEDIA.glob("sample1.*")) if path.suffix in _SOUND)]
    bits = equal = same_codes = 0
    ours, theirs = 0.0, 0.0
    for path in paths:
        begun = time.perf_counter()
        found = features(sound(path, StreamLimits()))
        middle = time.perf_counter()
        expected = _fpcalc(path)
        ours, theirs = ours + middle - begun, theirs + time.perf_counter() - middle
        count = min(len(found), len(expected))
        bits += 32 * max(len(found), len(expected))
        different = (found[:count] ^ expected[:count]).view(np.uint32)
        equal += 32 * count - int(np.bitwise_count(different).sum())
        same_codes += audio_code(found) == audio_code(expected)
    note = f"{len(paths)} files: WAV, FLAC, MP3, AAC, Opus; fpcalc -raw -signed -length 0"
    yield Figure("Chromaprint bits that equal fpcalc's", 100 * equal / bits, "%", note)
    yield Figure("Audio-Codes that equal those of fpcalc's features", 100 * same_codes / len(paths), "%")
    yield Figure(
        "sound: fpcalc's time over ours", theirs / ours, "×", "each from the file, one after another"
    )


_SOUND = frozenset({".mp3", ".m4a", ".wav"})


def _encoded(folder: Path) -> Iterator[Path]:
    for number in range(_SOUNDS):
        source = folder / f"{number}.wav"
        samples = (np.clip(piece(_FIRST_SEED + number, _SECONDS), -1, 1) * 32767).astype("<i2")
        with wave.open(str(source), "wb") as made:
            made.setnchannels(1)
            made.setsampwidth(2)
            made.setframerate(MADE_AT)
            made.writeframes(samples.tobytes())
        kind = ("wav", "flac", "mp3", "m4a", "opus")[number % 5]
        target = folder / f"{number}-coded.{kind}"
        _run("ffmpeg", "-loglevel", "error", "-y", "-i", str(source), "-ac", "2", "-ar", "48000", str(target))
        yield target


def _videos(folder: Path) -> Iterator[Figure]:
    sample = MEDIA / "video1_no_manifest.mp4"
    if not sample.is_file():
        raise RuntimeError(f"{sample.name} is not at {sample.parent}.")
    paths = [sample]
    for number, options in enumerate((["-vf", "scale=320:-2"], ["-vf", "scale=-2:1080,hflip"], ["-r", "24"])):
        paths.append(folder / f"{number}.mkv")
        _run("ffmpeg", "-loglevel", "error", "-y", "-i", str(sample), *options, "-an", str(paths[-1]))
    values = equal = same_codes = 0
    ours, theirs = 0.0, 0.0
    for path in paths:
        begun = time.perf_counter()
        found = np.array([frame_signature(luma) for luma in brightness(path, StreamLimits())])
        middle = time.perf_counter()
        expected = _ffmpeg(path, folder)
        ours, theirs = ours + middle - begun, theirs + time.perf_counter() - middle
        values += expected.size
        equal += int((found == expected).sum()) if found.shape == expected.shape else 0
        same_codes += video_code(found) == video_code(expected)
    note = f"{len(paths)} files; ffmpeg -vf fps=fps=5,signature"
    yield Figure("frame signature values that equal ffmpeg's", 100 * equal / values, "%", note)
    yield Figure("Video-Codes that equal those of ffmpeg's signatures", 100 * same_codes / len(paths), "%")
    yield Figure("video: ffmpeg's time over ours", theirs / ours, "×", "ffmpeg decodes in several threads")


def _nearness() -> Iterator[Figure]:
    codes = []
    for number in range(_UNRELATED):
        samples = resample_poly(piece(_FIRST_SEED + 1_000 + number, 30), RATE, MADE_AT)
        code = audio_code(features([(np.clip(samples, -1, 1) * 32767).astype(np.int16)]))
        codes.append(_bits(code or ""))
    table = np.stack(codes).astype(np.int32)
    apart = table @ (1 - table.T) + (1 - table) @ table.T
    least = apart[np.triu_indices(len(codes), 1)].min()
    note = f"{_UNRELATED} made-up sounds of 30 s that share instruments and keys; asked within {NEAR} bits"
    yield Figure("least distance of unrelated Audio-Codes", float(least), f"of {BITS} bits", note)


def _bits(code: str) -> NDArray[np.uint8]:
    import iscc_core

    return np.unpackbits(np.frombuffer(iscc_core.decode_base32(code[5:])[-BITS // 8 :], dtype=np.uint8))


def _fpcalc(path: Path) -> NDArray[np.int32]:
    # fpcalc 1.5.1 ends with status 3 at the end of some files, its answer given.
    command = ["fpcalc", "-raw", "-json", "-signed", "-length", "0", str(path)]
    said = subprocess.run(command, capture_output=True, check=False).stdout
    return np.array(json.loads(said)["fingerprint"], dtype=np.int32)


def _ffmpeg(path: Path, folder: Path) -> NDArray[np.uint8]:
    told = folder / "signature.xml"
    filters = f"fps=fps=5,signature=format=xml:filename={told}"
    _run("ffmpeg", "-loglevel", "error", "-y", "-i", str(path), "-vf", filters, "-f", "null", "-")
    found = re.findall(r"<FrameSignature>(.*?)</FrameSignature>", told.read_text(), re.DOTALL)
    return np.array([each.split() for each in found], dtype=np.uint8)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
