"""Texts and pictures embedded a second: our path beside the models' plain use, and what the text model knows
of other languages.

The contenders take turns, each in another order, and a ratio is the median over the turns: a busy neighbour
slows both sides of it.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import embed_images, embed_start, together
from benchmarks.sentences import SENTENCES
from benchmarks.text import CORPUS
from detector.calibrate_text import half
from detector.calibration import for_method
from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.fingerprints.minilm import METHOD, SentenceEmbedder
from detector.fingerprints.precision import choose
from detector.fingerprints.text_normaliser import normalise, spoken
from detector.text_edits import EDITS
from service.cli.figures import Figure

TITLE = "texts and pictures embedded a second beside the models' plain use, and the English model abroad"
TURNS = 7
_TEXTS, _LONG, _CAMPAIGN = 96, 12, 8
_DISGUISES = ("cyrillic", "zero_width", "marks", "full_width", "spaced_out", "upper_case", "emoji", "squared")

Call = Callable[[], object]


def measure() -> list[Figure]:
    """Ratios first; then cosines, rates, and how near unrelated texts of each script come."""
    embedder = SentenceEmbedder()
    embedder.warm()
    why = choose(embedder.device).reason
    short, long, stream = _texts()
    figures: list[Figure] = []
    rates: list[Figure] = []
    contests: dict[str, tuple[list[str], Call]] = {
        "different messages": (short, lambda: embedder.embed(short)),
        "256 tokens and more": (long, lambda: embedder.embed(long)),
        f"campaigns of {_CAMPAIGN} disguised copies": (
            stream,
            lambda: embedder.embed([spoken(normalise(text)) for text in stream]),
        ),
    }
    for name, (texts, call) in contests.items():
        ours, theirs = _race(call, lambda t=texts: _default(embedder, t))
        ratio = statistics.median(a / b for a, b in zip(theirs, ours, strict=True))
        word = "held" if ratio >= 2.7 else "MISSED"
        note = f"target ≥ 2.7 ×: {word}; {why}"
        if texts is stream:
            note = "disguises undone, each text computed once; no target"
        figures.append(Figure(f"{name}, against the default", ratio, "×", note))
        rates += [
            Figure(f"{name}: ours", len(texts) / statistics.median(ours), "texts/s"),
            Figure(f"{name}: default", len(texts) / statistics.median(theirs), "texts/s"),
        ]
    figures += together.figures(embedder, short)
    vectors, plain = embedder.embed(short), np.asarray(_default(embedder, short))
    cosines = np.einsum("ij,ij->i", vectors, plain)
    word = "held" if cosines.mean() >= 0.999 else "MISSED"
    note = f"least {cosines.min():.5f}; target ≥ 0.999: {word}"
    figures.append(Figure("mean cosine to the default's vectors", float(cosines.mean()), "cosine", note))
    return [*figures, *rates, *embed_start.figures(), *embed_images.figures(), *_languages(embedder)]


def _texts() -> tuple[list[str], list[str], list[str]]:
    """Different messages, long texts of several, and a stream of disguised copies of a few."""
    if not CORPUS.is_file():
        raise RuntimeError(f"{CORPUS.name} is not at {CORPUS.parent}: see docs/detector/text.md.")
    rows = half(CORPUS, 1)
    rng = random.Random(7)
    raw = [text for _, text in rng.sample(rows, _TEXTS + 40 * _LONG)]
    short = list(dict.fromkeys(spoken(normalise(text)) for text in raw[:_TEXTS]))
    long = [" ".join(raw[_TEXTS + 40 * i : _TEXTS + 40 * (i + 1)]) for i in range(_LONG)]
    stream = [EDITS[name](text, rng) for text in raw[: _TEXTS // _CAMPAIGN] for name in _DISGUISES]
    rng.shuffle(stream)
    return short, long, stream


def _default(embedder: SentenceEmbedder, texts: Sequence[str]) -> object:
    return embedder.plain_model().encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def _race(ours: Call, theirs: Call) -> tuple[list[float], list[float]]:
    """Seconds of each call, turn by turn."""
    ours(), theirs()
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS):
        for which in (0, 1) if turn % 2 else (1, 0):
            begun = time.perf_counter()
            (ours, theirs)[which]()
            seconds[which].append(time.perf_counter() - begun)
    return seconds


def _languages(embedder: SentenceEmbedder) -> list[Figure]:
    """Median and least distance of unrelated sentences in each language, and whether the detector asks it."""
    known = for_method(METHOD, 384)
    threshold = known.threshold if known else 0.0
    figures = []
    for language, sentences in SENTENCES.items():
        vectors = embedder.embed([spoken(normalise(text)) for text in sentences])
        apart = (1 - vectors @ vectors.T)[np.triu_indices(len(sentences), 1)]
        near = float((apart <= threshold).mean())
        prints = text_fingerprints(sentences[:1], Embedders(embedder))[0].prints
        asked = any(each.method == METHOD and each.quality for each in prints)
        note = (
            f"median {max(0.0, np.median(apart)):.2f}; {near:.0%} of the pairs within {threshold}; "
            f"the detector {'asks the model' if asked else 'leaves the model out and goes by letters'}"
        )
        figures.append(
            Figure(
                f"least distance of unrelated sentences, {language}",
                max(0.0, float(apart.min())),
                "cosine",
                note,
            )
        )
    return figures
