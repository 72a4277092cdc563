"""What others compare texts with, behind one shape: every text a row, every two rows a distance."""

import atexit
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
TLSH = "python-tlsh==4.5.0"


@dataclass(frozen=True, slots=True)
class Peer:
    """`rows` makes the rows of texts; `distances` compares all of the first with all of the second."""

    name: str
    rows: Callable[[Sequence[str]], Any]
    distances: Callable[[Any, Any], Floats]


def minhash(name: str) -> Peer:
    """datasketch's MinHash, 128 permutations over sequences of four characters; distance is 1 - Jaccard."""
    from datasketch import MinHash

    def rows(texts: Sequence[str]) -> NDArray[np.uint64]:
        made = []
        for text in texts:
            sketch = MinHash(num_perm=128, seed=1)
            shingles = {text[i : i + 4] for i in range(max(1, len(text) - 3))}
            sketch.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in sorted(shingles)])
            made.append(sketch.hashvalues)
        return np.array(made, dtype=np.uint64)

    return Peer(name, rows, _unequal_share)


def _unequal_share(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> Floats:
    return np.stack([1 - (row == second).mean(axis=1) for row in first]).astype(np.float32)


def simhash(name: str) -> Peer:
    """The package simhash with its own defaults (64 bits, sequences of four characters); distance in bits."""
    from simhash import Simhash

    def rows(texts: Sequence[str]) -> NDArray[np.uint64]:
        return np.array([Simhash(text or " ").value for text in texts], dtype=np.uint64)

    def distances(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> Floats:
        return np.bitwise_count(first[:, None] ^ second[None]).astype(np.float32)

    return Peer(name, rows, distances)


def is_there(name: str) -> bool:
    """Whether this contender can be had on this machine."""
    return not name.startswith("TLSH") or _has_tlsh()


def _has_tlsh() -> bool:
    """Whether TLSH can be imported; else it is built from PyPI's source into a folder for this run alone.

    It has no wheels, so a development environment must not depend on it.
    """
    if importlib.util.find_spec("tlsh") is None:
        folder = tempfile.mkdtemp(prefix="assay-bench-tlsh-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, TLSH]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            sys.path.append(folder)
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), folder)))
            importlib.invalidate_caches()
    return importlib.util.find_spec("tlsh") is not None


def tlsh(name: str) -> Peer:
    """TLSH's difference; a text too short for it (under 50 bytes) is far from everything."""
    import tlsh as module

    def rows(texts: Sequence[str]) -> list[str]:
        return [module.hash(text.encode("utf-8", "surrogatepass")) for text in texts]

    def distances(first: list[str], second: list[str]) -> Floats:
        none = ("", "TNULL")
        far = np.full((len(first), len(second)), 1e6, dtype=np.float32)
        for i, a in enumerate(first):
            if a not in none:
                far[i] = [1e6 if b in none else module.diff(a, b) for b in second]
        return far

    return Peer(name, rows, distances)


def cosine(name: str) -> Peer:
    """The embedded sentence embedding alone, in float32; distance is 1 - cosine."""
    from detector.fingerprints.minilm import SentenceEmbedder

    def distances(first: Floats, second: Floats) -> Floats:
        return (np.float32(1) - first @ second.T).astype(np.float32)

    return Peer(name, SentenceEmbedder(threads=1).embed, distances)
