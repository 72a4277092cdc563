"""Whole questions about pictures among 100 thousand, a million and, with BENCH_LARGE=1, ten million others.

Asked: 20 test pictures by 52 edits. Held: all test pictures and so many made-up others, whose hashes are
random, whose vectors are drawn from the mean and covariance of the training pictures', and whose local
features are a training picture's: what they cost and how they crowd is real, what they show is not. The peer
is PDQ over FAISS's flat index at its recommended 31 bits, as python-threatexchange asks it.
"""

import os
import pickle
import statistics
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import plots
from benchmarks.image import PICTURES, contest
from detector.calibrate_image import edited, opened, processes
from detector.image_edits import EDITS
from service.cli.figures import Figure

TITLE = "edited pictures asked about among 100 thousand, a million and ten million others"
SIZES = (100_000, 1_000_000)
LARGE = 10_000_000
TESTS = 20
"""Test pictures, the first by SHA-256, that every edit is made to."""
_PEER = "PDQ at 31, FAISS flat"
_LIMIT = 31
_FIRST = 1_000_000
"""The number of the first made-up item."""
_BLOCK = 10_000
_SEED = 20261125

_Prints = tuple[Any, ...]
_Spread = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A method's mean vector and a square root of its covariance."""


@dataclass(frozen=True, slots=True)
class Material:
    """Prints of the test pictures (those asked about first), of training pictures, and the questions: number
    of the original and prints."""

    tests: list[_Prints]
    train: list[_Prints]
    questions: list[tuple[int, _Prints]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One contender among so many: the shares of questions that found the original and that met something
    unrelated, and milliseconds a question, all of them."""

    recall: float
    false: float
    times: list[float]

    @property
    def p50(self) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.times)


def measure() -> list[Figure]:
    """By size, ours and the peer; draws milliseconds by size into docs/images/bench."""
    figures, curves = [], dict[str, list[tuple[float, float]]]()
    large = os.environ.get("BENCH_LARGE") == "1"
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        kept = Path(name) / "material.pickle"
        kept.write_bytes(pickle.dumps(_material()))
        for size in (*SIZES, LARGE) if large else SIZES:
            # In a process of its own: what one size leaves in memory must not weigh on the next.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                for contender, found in pool.submit(_contest, kept, size).result().items():
                    figures += _figures(contender, size, found)
                    curves.setdefault(contender, []).append((size, found.p50))
    plots.latencies(PICTURES / "questions.svg", curves, "pictures")
    return figures


def _figures(contender: str, size: int, found: Asked) -> list[Figure]:
    what = f"{contender}, {size:,}"
    p99 = float(np.quantile(found.times, 0.99))
    note = f"{len(found.times)} questions; met something unrelated: {found.false:.2%}"
    return [
        Figure(f"{what}: found again", found.recall * 100, "%", note),
        Figure(f"{what}: one question", found.p50, "ms", f"median; p99 {p99:.0f} ms; one thread"),
    ]


def _material() -> Material:
    field = contest()
    tests, train = field.held[: field.tests], field.held[field.tests :]
    work: list[tuple[Path, str, int]] = [(path, "", 0) for path in (*tests, *train)]
    work += [(path, name, number) for number, path in enumerate(tests[:TESTS]) for name in EDITS]
    with processes(_begin, field.clutter) as pool:
        made = list(pool.map(_prints, work, chunksize=32))
    asked = [(number, prints) for (_, _, number), prints in zip(work, made, strict=True)][len(field.held) :]
    return Material(made[: len(tests)], made[len(tests) : len(field.held)], asked)


_state: dict[str, Any] = {}


def _begin(clutter: Sequence[Path]) -> None:
    import cv2

    from detector.fingerprints.copydet import ImageEmbedder

    cv2.setNumThreads(1)
    _state.update(embedder=ImageEmbedder(threads=1), others=[opened(path) for path in clutter])


def _prints(work: tuple[Path, str, int]) -> _Prints:
    from detector.fingerprints.image_embedding import embedding_prints, small
    from detector.fingerprints.picture import pixel_prints
    from detector.matching.admission import QUERY_ONLY

    path, name, number = work
    image = opened(path)
    if name:
        image = edited(image, EDITS[name], f"bench {name} {number}", _state["others"])
    pixels = np.asarray(image)
    prints = (*pixel_prints(pixels), *embedding_prints(_state["embedder"], small(pixels)))
    return prints if name else tuple(entry for entry in prints if entry.method not in QUERY_ONLY)


def _contest(kept: Path, size: int) -> Mapping[str, Asked]:
    import faiss

    faiss.omp_set_num_threads(1)
    held: Material = pickle.loads(kept.read_bytes())
    return {"Assay": _ours(held, size), _PEER: _peer(held, size)}


def _ours(held: Material, size: int) -> Asked:
    from detector.fingerprints.fingerprint import Fingerprints
    from detector.fingerprints.sift import METHOD as SIFT_METHOD
    from detector.index.growing import GrowingIndex
    from detector.index.port import Metric
    from detector.matching.finding import Question
    from detector.matching.image import ImageMatcher
    from provenance.assets.asset import Medium

    points = [_value(prints, SIFT_METHOD) for prints in held.tests]
    others = [value for prints in held.train if (value := _value(prints, SIFT_METHOD))]
    indexes: list[GrowingIndex] = []

    def made(metric: Metric, width: int) -> GrowingIndex:
        indexes.append(GrowingIndex(metric, width))
        return indexes[-1]

    def read(method: str, items: Collection[int]) -> dict[int, bytes]:
        values = {i: points[i] if i < _FIRST else others[i % len(others)] for i in items}
        return {i: value for i, value in values.items() if value}

    matcher = ImageMatcher(made, read)
    matcher.add_many(list(enumerate(held.tests)))
    for block in _made_up(held.train, size):
        matcher.add_many(block)
        for index in indexes:
            index.pace()
    for index in indexes:
        index.settle()
    times, found, false = [], 0, 0
    everything = Question(lambda _: True, count=partial(np.ones_like, dtype=np.bool_))
    for number, prints in held.questions[:10] + held.questions:
        begun = time.perf_counter()
        items = {m.item_no for m in matcher.match(Fingerprints("", Medium.IMAGE, prints), everything)}
        times.append(1000 * (time.perf_counter() - begun))
        found += number in items
        false += any(item >= _FIRST for item in items)
    return _counted(held, times, found, false)


def _counted(held: Material, times: list[float], found: int, false: int) -> Asked:
    """Without the first ten, which warm what there is to warm and are asked again."""
    number = len(held.questions)
    return Asked(found / (number + 10), false / (number + 10), times[10:])


def _peer(held: Material, size: int) -> Asked:
    import faiss

    from detector.fingerprints.pdq import METHOD

    index = faiss.IndexBinaryFlat(256)
    index.add(np.stack([_bits(prints) for prints in held.tests]))
    rng = np.random.default_rng(_SEED)
    for first in range(0, size, _BLOCK):
        index.add(rng.integers(0, 256, (min(_BLOCK, size - first), 32), dtype=np.uint8))
    times, found, false = [], 0, 0
    for number, prints in held.questions[:10] + held.questions:
        asked = np.frombuffer(_value(prints, METHOD), np.uint8)[np.newaxis]
        begun = time.perf_counter()
        distances, items = index.search(asked, 20)
        near = items[distances <= _LIMIT]
        times.append(1000 * (time.perf_counter() - begun))
        found += number in near
        false += bool((near >= len(held.tests)).any())
    return _counted(held, times, found, false)


def _value(prints: _Prints, method: str) -> bytes:
    return next((entry.value for entry in prints if entry.method == method), b"")


def _bits(prints: _Prints) -> NDArray[np.uint8]:
    from detector.fingerprints.pdq import METHOD

    return np.frombuffer(_value(prints, METHOD), np.uint8)


def _spread(prints: Sequence[_Prints], method: str) -> _Spread:
    rows = [np.frombuffer(value, "<f4") for each in prints if (value := _value(each, method))]
    held = np.stack(rows)
    cov = np.cov(held.T) + 1e-6 * np.eye(held.shape[1])
    return held.mean(axis=0), np.linalg.cholesky(cov).T.astype(np.float32)


def _made_up(train: Sequence[_Prints], size: int) -> Iterator[list[tuple[int, _Prints]]]:
    from detector.fingerprints.copydet import METHOD as COPYDET
    from detector.fingerprints.fingerprint import Fingerprint
    from detector.fingerprints.pdq import METHOD as PDQ
    from detector.fingerprints.vlad import METHOD as VLAD

    rng = np.random.default_rng(_SEED)
    spreads = {method: _spread(train, method) for method in (COPYDET, VLAD)}
    for first in range(0, size, _BLOCK):
        number = min(_BLOCK, size - first)
        columns = [[Fingerprint(PDQ, rng.bytes(32)) for _ in range(number)]]
        for method, (mean, root) in spreads.items():
            rows = rng.normal(size=(number, len(mean))).astype(np.float32) @ root + mean
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            columns.append([Fingerprint(method, row.astype("<f4").tobytes()) for row in rows])
        yield [(_FIRST + first + n, entries) for n, entries in enumerate(zip(*columns, strict=True))]
