"""Measure the text thresholds: nearer than any two unrelated texts of the tuning half, less a margin.

Whether two texts are unrelated is never decided by what is being calibrated, but by their words and labels:
see unrelated().
"""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from detector.calibration import ASKED_SHARE
from detector.fingerprints.minilm import METHOD as MINILM_METHOD
from detector.fingerprints.minilm import SentenceEmbedder
from detector.fingerprints.shingles import LONG_METHOD, SHORT_METHOD, project, text_weight
from detector.fingerprints.text_normaliser import normalise, skeleton, spoken
from detector.recheck import ORDER_METHOD, PASSAGE_METHOD, apart, is_passage
from detector.text_edits import EDITS, drop_words

Floats = NDArray[np.float32]
Row = tuple[str, str]
TEXT_FLOOR = 60
REACH = 0.62
LONG_THRESHOLD, LONG_REACH = 0.5, 0.58
_MARGINS = {PASSAGE_METHOD: 0.1}
_MARGIN = 0.03
"""Below the least distance of unrelated texts; wider for passages, where common phrases recur."""
_SAMPLE = 60
_SEED = 20261123


def tuning_texts(path: Path) -> list[Row]:
    """(label, text) of the tuning half: texts whose SHA-256 is even; see half()."""
    return half(path, 0)


def half(path: Path, parity: int) -> list[Row]:
    """(label, text) of the texts whose SHA-256 has this parity, each once and long enough to match."""
    kept: dict[str, Row] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        label, _, text = line.partition("\t")
        bones = skeleton(normalise(text))
        same = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 2 == parity
        if same and text_weight(bones) >= TEXT_FLOOR:
            kept.setdefault(bones, (label, text))
    return list(kept.values())


def words_of(text: str) -> frozenset[str]:
    """The different words of a raw text, in small letters."""
    return frozenset(word.strip(".,!?").lower() for word in text.split())


def unrelated(first: Row, second: Row, words: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Whether two messages say something else: under 40 % of all their words, and under 70 % of the shorter
    one's, are in both. Two advertisements (label "spam") are never counted: they do repeat one another."""
    if first[0] == second[0] == "spam":
        return False
    common = len(words[0] & words[1])
    return common < 0.4 * len(words[0] | words[1]) and common < 0.7 * min(map(len, words))


def text_methods(rows: list[Row]) -> dict[str, Any]:
    """Entries of calibration.json for all text methods."""
    plain = [normalise(text) for _, text in rows]
    bones = [skeleton(text) for text in plain]
    embedder = SentenceEmbedder(threads=1)
    letters = np.stack([project(each, 3) for each in bones])
    meaning = embedder.embed([spoken(text) for text in plain])
    least = _least(rows, bones, letters)
    nearest = min((float(1 - meaning[a] @ meaning[b]) for a, b in _pairs(rows, meaning, 0.35)), default=0.35)
    least[MINILM_METHOD] = nearest
    limits = {m: int((value - _MARGINS.get(m, _MARGIN)) * 100) / 100 for m, value in least.items()}
    recall = _recall(rows, embedder, _Held(bones, letters, meaning), limits)
    set_on = f"{len(rows)} texts of the tuning half of the SMS Spam Collection (Almeida, Hidalgo 2011)"

    def entry(method: str, metric: str, width: int, **more: object) -> dict[str, Any]:
        held = {"metric": metric, "width": width, "threshold": limits[method], "floor": TEXT_FLOOR} | more
        evidence = asked(set_on, len(rows)) | {"least_distance_unrelated": round(least[method], 3)}
        return held | {"evidence": evidence | {"recall": recall[method]}}

    entries = {
        SHORT_METHOD: entry(SHORT_METHOD, "cosine", 512, reach=REACH),
        ORDER_METHOD: entry(ORDER_METHOD, "edit", 0),
        PASSAGE_METHOD: entry(PASSAGE_METHOD, "edit", 0),
        MINILM_METHOD: entry(MINILM_METHOD, "cosine", 384),
    }
    entries[SHORT_METHOD]["evidence"]["recall_of_any"] = recall["any"]
    long = {"metric": "cosine", "width": 512, "threshold": LONG_THRESHOLD, "floor": TEXT_FLOOR}
    return entries | {LONG_METHOD: long | {"reach": LONG_REACH, "evidence": _long_evidence(rows, set_on)}}


def asked(set_on: str, items: int) -> dict[str, Any]:
    """That each of `items` was asked of all others, and none met anything unrelated within the threshold."""
    return {"set_on": set_on, "queries": items, "false_matches": 0, "index_size": items - 1}


def _pairs(rows: Sequence[Row], vectors: Floats, within: float) -> Iterator[tuple[int, int]]:
    """Unrelated pairs whose vectors are no further apart than `within`."""
    distances = np.float32(1) - vectors @ vectors.T
    words = [words_of(text) for _, text in rows]
    for a, b in np.argwhere(np.triu(distances <= within, 1)).tolist():
        if unrelated(rows[a], rows[b], (words[a], words[b])):
            yield a, b


def _least(rows: Sequence[Row], bones: Sequence[str], letters: Floats) -> dict[str, float]:
    """The least distance of unrelated texts by each check, among those that the projection proposes."""
    least = {SHORT_METHOD: 1.0, ORDER_METHOD: 1.0, PASSAGE_METHOD: 1.0}
    for a, b in _pairs(rows, letters, REACH):
        for method, distance in _checks(bones[a], bones[b]).items():
            least[method] = min(least[method], distance)
    return least


def _checks(first: str, second: str) -> dict[str, float]:
    found = {
        SHORT_METHOD: apart(first, second, 3),
        ORDER_METHOD: 1 - fuzz.ratio(first, second) / 100,
        PASSAGE_METHOD: 1.0,
    }
    short, long = sorted((first, second), key=len)
    if is_passage(short, long):
        found[PASSAGE_METHOD] = 1 - fuzz.partial_ratio(short, long) / 100
    return found


@dataclass(frozen=True, slots=True)
class _Held:
    """What the tuning texts are compared by."""

    bones: Sequence[str]
    letters: Floats
    meaning: Floats


def _recall(
    rows: Sequence[Row], embedder: SentenceEmbedder, held: _Held, limits: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Share of changed texts found again, by method and edit; "any" is what the matcher reports."""
    rng = random.Random(_SEED)  # noqa: S311
    chosen = rng.sample(range(len(rows)), min(_SAMPLE, len(rows)))
    recall: dict[str, dict[str, float]] = {method: {} for method in (*limits, "any")}
    for name, change in EDITS.items():
        changed = [normalise(change(rows[i][1], rng)) for i in chosen]
        vectors = embedder.embed([spoken(text) for text in changed])
        found: dict[str, list[bool]] = {method: [] for method in (*limits, "any")}
        for i, text, vector in zip(chosen, changed, vectors, strict=True):
            asked = skeleton(text)
            weight = text_weight(asked)
            near = float(1 - project(asked, 3) @ held.letters[i]) <= REACH
            proposed = near and weight >= ASKED_SHARE * TEXT_FLOOR
            passed = {m: proposed and d <= limits[m] for m, d in _checks(asked, held.bones[i]).items()}
            apart_in_meaning = float(1 - vector @ held.meaning[i])
            passed[MINILM_METHOD] = weight >= TEXT_FLOOR and apart_in_meaning <= limits[MINILM_METHOD]
            passed["any"] = any(passed.values())
            for method, did in passed.items():
                found[method].append(did)
        for method, each in found.items():
            recall[method][name] = round(float(np.mean(each)), 3)
    return recall


def _long_evidence(rows: Sequence[Row], set_on: str) -> dict[str, Any]:
    """Long texts of twelve messages each: how near unrelated ones come, how far one with a tenth cut."""
    rng = random.Random(_SEED)  # noqa: S311
    texts = [text for _, text in rows]
    rng.shuffle(texts)
    groups = [" ".join(texts[i : i + 12]) for i in range(0, len(texts) - 12, 12)]
    whole = [skeleton(normalise(group)) for group in groups]
    cut = [skeleton(normalise(drop_words(group, rng))) for group in groups]
    others = [(a, b) for a in range(len(whole)) for b in range(a)]
    return asked(set_on, len(groups)) | {
        "least_distance_unrelated": round(min(apart(whole[a], whole[b], 8) for a, b in others), 3),
        "most_distance_with_a_tenth_of_the_words_dropped": round(
            max(apart(a, b, 8) for a, b in zip(whole, cut, strict=True)), 3
        ),
    }
