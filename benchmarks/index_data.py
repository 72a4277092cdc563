"""Synthetic rows and questions for the index benchmark, the same for every contender of a size.

A tenth of the rows are near-duplicates of others. A question is a stored row moved by a distance drawn evenly
between nothing and the radius in use.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.index.port import Metric
from detector.index.segment import blocks, create

WIDTHS = {Metric.HAMMING: 32, Metric.COSINE: 384}
_SEED = 20261124
_ROWS_A_TOPIC = 200


def rows(metric: Metric, number: int) -> Iterator[NDArray[Any]]:
    """Blocks of rows: random codes, or unit vectors around one centre for every 200."""
    rng = np.random.default_rng([_SEED, number])
    width = WIDTHS[metric]
    centres = rng.normal(size=(max(1, number // _ROWS_A_TOPIC), width)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    for part in blocks(number):
        size = part.stop - part.start
        if metric is Metric.HAMMING:
            block = rng.integers(0, 256, (size, width), dtype=np.uint8)
            copies = max(1, size // 10)
            block[-copies:] = _flipped(block[:copies], 20, rng)
        else:
            block = centres[rng.integers(0, len(centres), size)]
            block = block + rng.normal(size=block.shape).astype(np.float32) / np.float32(np.sqrt(width))
            block /= np.linalg.norm(block, axis=1, keepdims=True)
        yield block


def _flipped(codes: NDArray[np.uint8], most: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each code with 0 to `most` different bits changed."""
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[rng.choice(len(row), rng.integers(0, most + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def write(folder: Path, metric: Metric, number: int) -> str:
    """Write rows.npy (vectors in half precision) into `folder`; the first 16 digits of its SHA-256."""
    kind = np.uint8 if metric is Metric.HAMMING else np.float16
    held = create(folder, "rows", kind, (number, WIDTHS[metric]))
    digest = hashlib.sha256()
    for part, block in zip(blocks(number), rows(metric, number), strict=True):
        held[part] = block
        digest.update(held[part].tobytes())
    return digest.hexdigest()[:16]


def read(folder: Path) -> NDArray[Any]:
    """The rows that write() wrote, mapped."""
    return np.asarray(np.load(folder / "rows.npy", mmap_mode="r"))


def questions(metric: Metric, held: NDArray[Any], number: int, radius: float) -> NDArray[Any]:
    """`number` questions, each within `radius` of a stored row."""
    rng = np.random.default_rng([_SEED, len(held), number])
    chosen = held[np.sort(rng.choice(len(held), number, replace=False))]
    if metric is Metric.HAMMING:
        return _flipped(chosen, int(radius), rng)
    base = chosen.astype(np.float32)
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    noise = rng.normal(size=base.shape).astype(np.float32)
    noise -= (noise * base).sum(axis=1, keepdims=True) * base
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    cosine = 1 - rng.uniform(0, radius - 0.001, (number, 1)).astype(np.float32)
    moved: NDArray[Any] = cosine * base + np.sqrt(1 - cosine**2) * noise
    return moved


def truth(metric: Metric, held: NDArray[Any], asked: NDArray[Any], radius: float) -> list[dict[int, float]]:
    """For each question every row within `radius`, and its distance: all of them compared, in numpy."""
    found: list[dict[int, float]] = [{} for _ in asked]
    for part in blocks(len(held)):
        block = held[part]
        if metric is Metric.COSINE:
            distances: NDArray[Any] = 1 - asked @ block.astype(np.float32).T
        else:
            words, parts = block.view(np.uint64), asked.view(np.uint64)
            distances = np.stack(
                [np.bitwise_count(words ^ each).sum(axis=1, dtype=np.int64) for each in parts]
            )
        for question, row in zip(*np.nonzero(distances <= radius), strict=True):
            found[question][part.start + int(row)] = float(distances[question, row])
    return found
