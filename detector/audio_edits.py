"""What becomes of sound on its way through the world: the edits that calibration and benchmark make."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from detector.audio_material import RATE, voice
from detector.media.audio import mono_blocks
from detector.media.reencode import write_audio

Samples = NDArray[np.float32]
Edit = Callable[[Samples, np.random.Generator], Samples]


def encoded(codec: str, suffix: str, bits: int) -> Edit:
    """Through a lossy codec and back."""

    def edit(samples: Samples, _rng: np.random.Generator) -> Samples:
        with tempfile.TemporaryDirectory(prefix="assay-audio-") as folder:
            path = Path(folder) / f"copy{suffix}"
            write_audio(path, np.clip(samples, -1, 1), RATE, codec, bits)
            return np.concatenate(list(mono_blocks(path, rate=RATE)))

    return edit


def faster(factor: float) -> Edit:
    """Played faster, pitch and all."""

    def edit(samples: Samples, _rng: np.random.Generator) -> Samples:
        return np.asarray(resample_poly(samples, 1000, round(1000 * factor)), dtype=np.float32)

    return edit


def stretched(factor: float) -> Edit:
    """Faster at the same pitch, by overlapping windows laid where they fit best (WSOLA, Verhelst 1993)."""

    def edit(samples: Samples, _rng: np.random.Generator) -> Samples:
        size, slack = 1024, 256
        window = np.hanning(2 * size).astype(np.float32)
        count = int((len(samples) - 4 * size) / (size * factor))
        out = np.zeros((count + 2) * size, dtype=np.float32)
        wanted = 0
        for number in range(count):
            at = int(number * size * factor)
            if number:
                first = max(0, at - slack)
                held = samples[first : at + slack + size]
                at = first + int(np.argmax(np.correlate(held, samples[wanted : wanted + size], "valid")))
            out[number * size : (number + 2) * size] += window * samples[at : at + 2 * size]
            wanted = at + size
        return out

    return edit


def noisy(decibels: float) -> Edit:
    """White noise added, so many decibels under the sound."""

    def edit(samples: Samples, rng: np.random.Generator) -> Samples:
        noise = rng.normal(0, float(samples.std()), len(samples))
        return np.asarray(samples + noise / 10 ** (decibels / 20), dtype=np.float32)

    return edit


def excerpt(seconds: float) -> Edit:
    """A stretch from anywhere in it."""

    def edit(samples: Samples, rng: np.random.Generator) -> Samples:
        count = int(seconds * RATE)
        start = int(rng.integers(0, max(1, len(samples) - count)))
        return samples[start : start + count]

    return edit


def filtered(hertz: float | tuple[float, float], kind: str) -> Edit:
    """Through a Butterworth filter of the fourth order."""
    sections = butter(4, hertz, kind, fs=RATE, output="sos")

    def edit(samples: Samples, _rng: np.random.Generator) -> Samples:
        return np.asarray(sosfilt(sections, samples), dtype=np.float32)

    return edit


def spoken_over(decibels: float) -> Edit:
    """Somebody speaks on top, so many decibels under the sound."""

    def edit(samples: Samples, rng: np.random.Generator) -> Samples:
        speech = voice(rng, len(samples) / RATE + 0.1)[: len(samples)]
        return np.asarray(
            samples + speech * (samples.std() / speech.std() / 10 ** (decibels / 20)), np.float32
        )

    return edit


def _quieter(samples: Samples, _rng: np.random.Generator) -> Samples:
    return samples * np.float32(0.1)


def _clipped(samples: Samples, _rng: np.random.Generator) -> Samples:
    limit = 1.5 * float(samples.std())
    return np.clip(samples, -limit, limit) / np.float32(limit)


def _echoing(samples: Samples, _rng: np.random.Generator) -> Samples:
    late = int(0.12 * RATE)
    out = samples.copy()
    out[late:] += 0.5 * samples[:-late]
    out[2 * late :] += 0.25 * samples[: -2 * late]
    return out


def _faded(samples: Samples, _rng: np.random.Generator) -> Samples:
    ramp = np.linspace(0, 1, min(5 * RATE, len(samples) // 2), dtype=np.float32)
    out = samples.copy()
    out[: len(ramp)] *= ramp
    out[-len(ramp) :] *= ramp[::-1]
    return out


def _trimmed(samples: Samples, _rng: np.random.Generator) -> Samples:
    return samples[int(5.3 * RATE) : -int(3.1 * RATE)]


def _inside(samples: Samples, rng: np.random.Generator) -> Samples:
    """Ten seconds of it between twenty and twenty of something else."""
    from detector.audio_material import music

    other = music(rng, 40.0)
    other *= float(samples.std()) / max(1e-6, float(other.std()))
    return np.concatenate([other[: 20 * RATE], excerpt(10)(samples, rng), other[20 * RATE :]])


def _worn(samples: Samples, rng: np.random.Generator) -> Samples:
    """Ten seconds, played 2 % faster, in noise, through a narrow MP3."""
    cut = faster(1.02)(excerpt(10.5)(samples, rng), rng)
    return encoded("libmp3lame", ".mp3", 32_000)(noisy(20)(cut, rng), rng)


EDITS: Mapping[str, Edit] = {
    "mp3_64k": encoded("libmp3lame", ".mp3", 64_000),
    "mp3_32k": encoded("libmp3lame", ".mp3", 32_000),
    "aac_32k": encoded("aac", ".m4a", 32_000),
    "faster_5": faster(1.05),
    "faster_2.5": faster(1.025),
    "slower_5": faster(0.95),
    "stretched_5": stretched(1.05),
    "noise_20db": noisy(20),
    "noise_10db": noisy(10),
    "volume_-20db": _quieter,
    "clipped": _clipped,
    "excerpt_10s": excerpt(10),
    "excerpt_5s": excerpt(5),
    "low_pass_2khz": filtered(2_000.0, "lowpass"),
    "telephone": filtered((300.0, 3_400.0), "bandpass"),
    "trimmed": _trimmed,
    "faded": _faded,
    "echo": _echoing,
    "speech_over": spoken_over(0),
    "inside_another": _inside,
    "worn_excerpt": _worn,
}
