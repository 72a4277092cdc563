"""JPEG files of about 100 KB, each unlike the others: soft blobs of colour under camera-like grain."""

from collections.abc import Iterator
from pathlib import Path


def make(folder: Path, count: int, first_seed: int = 0, quality: int = 80) -> list[Path]:
    """`count` files of 1024 × 768 pixels in `folder`; the same seeds make the same files."""
    return list(_made(folder, range(first_seed, first_seed + count), quality))


def _made(folder: Path, seeds: range, quality: int) -> Iterator[Path]:
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        coarse = Image.fromarray(rng.integers(0, 255, (15, 20, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((1024, 768), Image.Resampling.BICUBIC), dtype=np.float32)
        grain = rng.normal(0, 4.0, smooth.shape[:2])[..., None]
        path = folder / f"picture-{seed:05d}.jpg"
        Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).save(path, quality=quality)
        yield path
