"""Indexes of 100 thousand, a million and, with BENCH_LARGE=1 (=codes, =vectors), ten million rows, and peers.

Codes are asked within the radius in use for PDQ, vectors within that of the sentence embedding; both from
calibration.json. Every contender runs in a process of its own, filled in one and loaded in the next.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks import index_data, index_start, plots
from benchmarks.index_data import WIDTHS
from benchmarks.index_peers import CONTENDERS, OURS, Contender
from detector.calibration import shipped
from detector.index.port import Metric
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "256-bit codes and 384-d vectors found among 100 thousand, a million and ten million"
PICTURES = PROJECT / "docs" / "images" / "bench"
SIZES = (100_000, 1_000_000)
LARGE = 10_000_000
QUESTIONS = 300
TRUTHS = 60
"""Questions whose every true answer is known; more would take longer than all contenders."""
_BATCH_SECONDS = 4.0
_THREADS = 2
_METHODS = {Metric.HAMMING: "pdq/1", Metric.COSINE: "minilm/1"}
_NAMES = {Metric.HAMMING: "codes", Metric.COSINE: "vectors"}
_TARGETS = {Metric.HAMMING: 2.0, Metric.COSINE: 3.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """One contender at one size: seconds to fill and to start, milliseconds a question, questions a second of
    two threads, share of the nearest and of all true answers found, GiB that the process grew by."""

    fill: float
    start: float
    p50: float
    p99: float
    batched: float
    first: float
    recall: float
    memory: float


def radius(metric: Metric) -> float:
    """The radius in use."""
    return shipped()[_METHODS[metric]].threshold


def measure() -> list[Figure]:
    """Codes, then vectors, each by size; draws latency by size into docs/images/bench."""
    figures: list[Figure] = []
    for metric in WIDTHS:
        large = os.environ.get("BENCH_LARGE") in ("1", _NAMES[metric])
        sizes = (*SIZES, LARGE) if large else SIZES
        curves: dict[str, list[tuple[float, float]]] = {}
        for size in sizes:
            for name, found in _contest(metric, size, figures):
                curves.setdefault(name, []).append((size, found.p50))
                figures += _figures(metric, size, name, found)
        plots.latencies(PICTURES / f"index-{_NAMES[metric]}.svg", curves, _NAMES[metric])
    return figures + [figure for size in (*SIZES, LARGE) for figure in _apart(index_start.figures, size)]


def _contest(metric: Metric, size: int, figures: list[Figure]) -> Iterator[tuple[str, Measured]]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-index-") as name:
        folder = Path(name)
        digest = index_data.write(folder, metric, size)
        held = index_data.read(folder)
        asked = index_data.questions(metric, held, QUESTIONS, radius(metric))
        np.save(folder / "asked.npy", asked)
        true = index_data.truth(metric, held, asked[:TRUTHS], radius(metric))
        note = f"synthetic, a tenth near-duplicates, sha256 {digest}…; asked within {radius(metric):g}"
        figures.append(Figure(f"{_NAMES[metric]}", size, "", note))
        for contender, (_, most) in CONTENDERS.items():
            if size <= most.get(metric, 0):
                fill = _apart(_filled, contender, metric, folder)
                yield contender, _apart(_asked, contender, metric, folder, fill, true)


def _apart(work: Any, *arguments: Any) -> Any:
    """In a process of its own: what one contender leaves in memory must not count for the next."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _made(name: str, metric: Metric) -> Contender:
    import faiss

    faiss.omp_set_num_threads(1)
    return CONTENDERS[name][0](metric, WIDTHS[metric])


def _filled(name: str, metric: Metric, folder: Path) -> float:
    contender = _made(name, metric)
    begun = time.perf_counter()
    contender.fill(index_data.read(folder))
    taken = time.perf_counter() - begun
    contender.save(folder / name)
    return taken


def _asked(name: str, metric: Metric, folder: Path, fill: float, true: list[dict[int, float]]) -> Measured:
    asked, limit = np.load(folder / "asked.npy"), radius(metric)
    contender = _made(name, metric)
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    contender.load(folder / name)
    contender.ask(asked[:1], limit)
    start = time.perf_counter() - begun
    for question in asked[:20]:
        contender.ask(question[np.newaxis], limit)
    times, answers = [], []
    for question in asked:
        begun = time.perf_counter()
        answers.append(contender.ask(question[np.newaxis], limit)[0])
        times.append(time.perf_counter() - begun)
    first, recall = _recalls(answers, true)
    batched = _batched(contender, asked, limit)
    # Of mapped files, what was touched counts.
    grown = psutil.Process().memory_info().rss
    p50, p99 = np.quantile(times, (0.5, 0.99)) * 1000
    return Measured(fill, start, p50, p99, batched, first, recall, (grown - before) / 2**30)


def _recalls(answers: list[list[int]], true: list[dict[int, float]]) -> tuple[float, float]:
    first, hits, wanted = [], 0, 0
    for found, expected in zip(answers, true, strict=False):
        least = min(expected.values())
        # Half precision makes equals of what lies closer together than this.
        nearest = {i for i, distance in expected.items() if distance <= least + 1e-3}
        first.append(bool(found) and found[0] in nearest)
        hits += len(set(found) & expected.keys())
        wanted += min(len(expected), 50)
    return float(np.mean(first)), hits / wanted


def _batched(contender: Contender, asked: NDArray[Any], limit: float) -> float:
    """Questions a second, asked 50 at a time by two threads."""
    parts = [asked[first : first + 50] for first in range(0, len(asked), 50)]
    done, begun = 0, time.perf_counter()
    import faiss

    def ask(part: NDArray[Any]) -> int:
        faiss.omp_set_num_threads(1)
        return len(contender.ask(part, limit))

    with ThreadPoolExecutor(_THREADS) as pool:
        while time.perf_counter() - begun < _BATCH_SECONDS:
            done += sum(pool.map(ask, parts))
    return done / (time.perf_counter() - begun)


def _figures(metric: Metric, size: int, name: str, found: Measured) -> list[Figure]:
    what = f"{name}, {_NAMES[metric]}, {size:,}"
    target = ""
    if size == LARGE and name == OURS:
        held = found.p50 <= _TARGETS[metric]
        target = f"; target ≤ {_TARGETS[metric]:g} ms: {'held' if held else 'MISSED'}"
    return [
        Figure(f"{what}: one question", found.p50, "ms", f"median; p99 {found.p99:.2f} ms{target}"),
        Figure(f"{what}: batched", found.batched, "/s", f"{_THREADS} threads, 50 at a time"),
        Figure(
            f"{what}: recall", found.recall * 100, "%", f"of {TRUTHS} questions; nearest {found.first:.1%}"
        ),
        Figure(f"{what}: memory", found.memory, "GiB", f"started in {found.start:.2f} s"),
        Figure(f"{what}: added", size / found.fill, "/s", "until all merges are done"),
    ]
