"""Many threads with one text each, as requests come: computed together, and one after the other."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from detector.fingerprints.batching import Batcher
from detector.fingerprints.minilm import SentenceEmbedder
from service.cli.figures import Figure

THREADS = 8
"""As many as a web process answers with."""
_TURNS = 5


def figures(embedder: SentenceEmbedder, texts: Sequence[str]) -> list[Figure]:
    """How much sooner `texts` are done when threads that ask at the same moment share a batch."""
    alone: Batcher[str] = Batcher(embedder.embed, most=1)
    together, apart = [], []
    for _ in range(_TURNS):
        together.append(_seconds(embedder.embed, texts))
        apart.append(_seconds(alone, texts))
    ratio = statistics.median(b / a for a, b in zip(together, apart, strict=True))
    note = f"{THREADS} threads, one text a call, {len(texts)} texts"
    return [
        Figure("texts asked for at the same moment: against one by one", ratio, "×", note),
        Figure("texts asked for at the same moment", len(texts) / statistics.median(together), "texts/s"),
    ]


def _seconds(embed: Callable[[list[str]], object], texts: Sequence[str]) -> float:
    with ThreadPoolExecutor(THREADS) as threads:
        begun = time.perf_counter()
        list(threads.map(lambda text: embed([text]), texts))
        return time.perf_counter() - begun
