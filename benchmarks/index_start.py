"""What an index starts from besides hashes and vectors: whose the items are, and their digests.

The files are written here, as a snapshot has them: to add ten million items one by one would take an hour.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from detector.fingerprints.exact import SHA256_METHOD, TEXTSHA_METHOD
from detector.index.digests import DigestIndex
from detector.index.items import Items
from service.cli.figures import Figure

_TENANTS = 100
_QUESTIONS = 2_000
_METHODS = (SHA256_METHOD, TEXTSHA_METHOD)
_TARGET = 5.0


def figures(number: int) -> list[Figure]:
    """Seconds and memory of a start with so many items and digests of two kinds, and of a look-up then.

    To be run in a process of its own: memory is what that one grew by.
    """
    with tempfile.TemporaryDirectory(prefix="assay-bench-start-") as name:
        folder = Path(name)
        asked = [write(folder, number, kind) for kind in range(len(_METHODS))]
        before, begun = psutil.Process().memory_info().rss, time.perf_counter()
        items = Items(folder / "place")
        items.load(folder / "items")
        digests = [DigestIndex(folder / "place") for _ in _METHODS]
        for kind, held in enumerate(digests):
            held.load(folder / f"digests-{kind}")
        start = time.perf_counter() - begun
        view, found, begun = items.view("tenant-1"), 0, time.perf_counter()
        for held, values in zip(digests, asked, strict=True):
            for value in values:
                found += sum(1 for item in held.find(value) if item in items and view.one(item) is not None)
        each = (time.perf_counter() - begun) / found
        memory = (psutil.Process().memory_info().rss - before) / 2**20
    if found < len(_METHODS) * _QUESTIONS:
        raise RuntimeError("A digest that is held was not found.")
    word = "held" if start <= _TARGET else "MISSED"
    note = f"mapped, not read; target at ten million, codes and vectors included, ≤ {_TARGET:g} s: {word}"
    return [
        Figure(f"start with {number:,} items and {len(_METHODS)} digests each", start, "s", note),
        Figure("the same: memory after 4,000 look-ups", memory, "MiB", f"{1e6 * each:.0f} µs a look-up"),
    ]


def write(folder: Path, number: int, kind: int) -> list[bytes]:
    """Write the digests of one kind, and with the first kind the items; some of the digests."""
    numbers = np.arange(1, number + 1, dtype=np.int64)
    if kind == 0:
        owners = (2 * (numbers % _TENANTS) + (numbers % 10 == 0)).astype(np.uint32)
        _pairs(folder / "items" / "owners", numbers, owners)
        (folder / "items" / "tenants.json").write_text(json.dumps([f"tenant-{n}" for n in range(_TENANTS)]))
    rng = np.random.default_rng(kind)
    values = rng.integers(0, 256, (number, 32), dtype=np.uint8)
    order = np.argsort(values[:, :8].copy().view(">u8").reshape(-1), kind="stable")
    ordered = np.ascontiguousarray(values[order])
    _pairs(folder / f"digests-{kind}", ordered.view("V32").reshape(-1), numbers[order])
    return [values[n].tobytes() for n in rng.choice(number, _QUESTIONS)]


def _pairs(path: Path, keys: NDArray[np.generic], values: NDArray[np.generic]) -> None:
    """As SortedPairs saves pairs of which none is new."""
    (path / "sorted").mkdir(parents=True)
    np.save(path / "sorted" / "keys.npy", keys)
    np.save(path / "sorted" / "values.npy", values)
    np.save(path / "newer-keys.npy", keys[:0])
    np.save(path / "newer-values.npy", values[:0])
    np.save(path / "removed.npy", np.empty(0, np.int64))
