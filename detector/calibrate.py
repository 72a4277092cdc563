"""Measure the thresholds anew: `python -m detector.calibrate --text FILE.tsv --images FOLDER`.

Reads tuning data only: of the texts (a line is LABEL TAB TEXT) those whose SHA-256 is even, which is the
first half of the split by hash; of the pictures the folder given, one sub-folder a category. Writes
calibration.json.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import MediaUnreadable
from detector.fingerprints.minilm import SentenceEmbedder
from detector.fingerprints.pdq import pdq_prints
from detector.fingerprints.shingles import project, text_weight
from detector.fingerprints.text_normaliser import normalise, skeleton, spoken
from detector.media.image import canonical_rgb

Floats = NDArray[np.float32]
TEXT_FLOOR = 60
PDQ_FLOOR = 50
_FALSE_SHARE = 0.001
_SAMPLE = 150
_SEED = 20261123


def tuning_texts(path: Path) -> list[tuple[str, str]]:
    """(label, text) of the tuning half, each text once and long enough to tell anything."""
    kept: dict[str, tuple[str, str]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        label, _, text = line.partition("\t")
        bones = skeleton(normalise(text))
        even = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 2 == 0
        if even and text_weight(bones) >= TEXT_FLOOR:
            kept.setdefault(bones, (label, text))
    return list(kept.values())


def mutations() -> Mapping[str, Callable[[str, random.Random], str]]:
    """What spammers do to a text, by name."""
    cyrillic = str.maketrans("aeopcxyis", "аеорсхуіѕ")
    leet = str.maketrans("aeios", "43105")

    def every(text: str, chance: float, rng: random.Random, change: Callable[[str], str]) -> str:
        return "".join(change(c) if c.isalpha() and rng.random() < chance else c for c in text)

    def drop_words(text: str, rng: random.Random) -> str:
        return " ".join(word for word in text.split() if rng.random() > 0.1)

    def swap_words(text: str, rng: random.Random) -> str:
        words = text.split()
        at = rng.randrange(max(1, len(words) - 1))
        words[at : at + 2] = reversed(words[at : at + 2])
        return " ".join(words)

    return {
        "homoglyphs": lambda t, _: t.translate(cyrillic),
        "leet": lambda t, _: t.translate(leet),
        "zero_width": lambda t, _: "\u200b".join(t),
        "marks": lambda t, rng: every(t, 0.4, rng, lambda c: c + "\u0336"),
        "spaced_out": lambda t, _: "  ".join(" ".join(word) for word in t.split()),
        "case_and_stops": lambda t, _: t.upper().replace(" ", ". "),
        "typos": lambda t, rng: every(t, 0.06, rng, lambda _: rng.choice("etaoinshr")),
        "dropped_words": drop_words,
        "swapped_words": swap_words,
        "new_numbers": lambda t, rng: "".join(str(rng.randrange(10)) if c.isdigit() else c for c in t),
        "opening_and_ending": lambda t, rng: f"Hi {rng.choice(['mate', 'dear', 'all'])}, {t} ok? thx",
    }


def nearest(distances: Floats, unrelated: NDArray[np.bool_]) -> Floats:
    """Each row's least distance among the columns that count as unrelated."""
    least: Floats = np.where(unrelated, distances, np.inf).min(axis=1).astype(np.float32)
    return least


def text_methods(rows: list[tuple[str, str]]) -> dict[str, Any]:
    """Thresholds of the text methods: where 0.1 % of the unrelated queries would find something.

    Two texts count as unrelated by one method when the other method puts them far apart; for the embedding
    only private messages (label "ham") count, since advertisements do say the same thing as one another.
    """
    plain = [normalise(text) for _, text in rows]
    embedder = SentenceEmbedder()
    letters = np.stack([project(skeleton(text), 3) for text in plain])
    meaning = embedder.embed([spoken(text) for text in plain])
    by_letters = np.float32(1) - letters @ letters.T
    by_meaning = np.float32(1) - meaning @ meaning.T
    ham = np.array([label == "ham" for label, _ in rows])
    letters_limit = float(np.quantile(nearest(by_letters, by_meaning > 0.45), _FALSE_SHARE))
    meaning_limit = float(np.quantile(nearest(by_meaning, by_letters > 0.5)[ham], _FALSE_SHARE))
    letters_limit, meaning_limit = round(letters_limit - 0.02, 2), round(meaning_limit - 0.005, 2)
    limits = {"shingle3/1": letters_limit, "minilm/1": meaning_limit}
    recall = _text_recall(rows, embedder, {"shingle3/1": letters, "minilm/1": meaning}, limits)
    set_on = f"{len(rows)} texts of the tuning half of the SMS Spam Collection (Almeida, Hidalgo 2011)"
    shared = {"set_on": set_on, "false_share_of_queries": _FALSE_SHARE}
    return {
        "shingle3/1": _cosine(
            512,
            letters_limit,
            shared | {"recall": recall["shingle3/1"], "recall_of_either": recall["either"]},
        ),
        "minilm/1": _cosine(384, meaning_limit, shared | {"recall": recall["minilm/1"]}),
        "shingle8/1": _cosine(512, 0.5, _long_evidence(rows) | {"set_on": set_on}),
    }


def _cosine(width: int, threshold: float, evidence: Mapping[str, Any]) -> dict[str, Any]:
    held = {"metric": "cosine", "width": width, "threshold": threshold, "floor": TEXT_FLOOR}
    return held | {"evidence": dict(evidence)}


def _text_recall(
    rows: list[tuple[str, str]],
    embedder: SentenceEmbedder,
    vectors: Mapping[str, Floats],
    limits: Mapping[str, float],
) -> dict[str, dict[str, float]]:
    """Share of changed texts found again, by method and change."""
    rng = random.Random(_SEED)  # noqa: S311
    chosen = rng.sample(range(len(rows)), min(_SAMPLE, len(rows)))
    recall: dict[str, dict[str, float]] = {"shingle3/1": {}, "minilm/1": {}, "either": {}}
    for name, change in mutations().items():
        changed = [normalise(change(rows[i][1], rng)) for i in chosen]
        asked = {
            "shingle3/1": np.stack([project(skeleton(text), 3) for text in changed]),
            "minilm/1": embedder.embed([spoken(text) for text in changed]),
        }
        near = {m: 1 - np.einsum("ij,ij->i", asked[m], vectors[m][chosen]) <= limits[m] for m in asked}
        for method, found in near.items():
            recall[method][name] = round(float(found.mean()), 3)
        recall["either"][name] = round(float(np.logical_or.reduce(list(near.values())).mean()), 3)
    return recall


def _long_evidence(rows: list[tuple[str, str]]) -> dict[str, Any]:
    """Long texts of twelve messages each: how near unrelated ones come, how far one with a tenth cut."""
    rng = random.Random(_SEED)  # noqa: S311
    texts = [text for _, text in rows]
    rng.shuffle(texts)
    groups = [texts[i : i + 12] for i in range(0, len(texts) - 12, 12)]
    drop = mutations()["dropped_words"]
    whole = np.stack([project(skeleton(normalise(" ".join(group))), 8) for group in groups])
    cut = np.stack([project(skeleton(normalise(drop(" ".join(group), rng))), 8) for group in groups])
    apart = np.float32(1) - whole @ whole.T
    np.fill_diagonal(apart, np.inf)
    changed = 1 - np.einsum("ij,ij->i", whole, cut)
    return {
        "least_distance_unrelated": round(float(apart.min()), 3),
        "most_distance_with_a_tenth_of_the_words_dropped": round(float(changed.max()), 3),
    }


def image_methods(folder: Path) -> dict[str, Any]:
    """PDQ's threshold: three quarters of the least distance between pictures of different categories.

    Distances are the least over the eight dihedral views, as they are asked with.
    """
    views, names = [], []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"}):
        try:
            prints = pdq_prints(canonical_rgb(path))
        except MediaUnreadable:
            continue
        if prints[0].quality >= PDQ_FLOOR:
            views.append([np.frombuffer(entry.value, dtype=np.uint8) for entry in prints])
            names.append(path.parent.name)
    bits = np.unpackbits(np.array(views), axis=2).astype(np.float32)
    upright = bits[:, 0]
    ones = upright.sum(axis=1)
    least = np.full((len(names), len(names)), np.inf, dtype=np.float32)
    for view in range(bits.shape[1]):
        turned = bits[:, view]
        least = np.minimum(least, turned.sum(axis=1)[:, None] + ones[None] - 2 * turned @ upright.T)
    category = np.array(names)
    apart = least[(category[:, None] != category[None]) & np.triu(np.ones(least.shape, dtype=bool), 1)]
    nearest_false = int(apart.min())
    threshold = nearest_false * 3 // 4
    evidence = {
        "set_on": f"{len(names)} pictures, {len(set(names))} categories, of Caltech-101's training part",
        "pairs_of_different_categories": len(apart),
        "least_distance_among_them": nearest_false,
        "pairs_at_or_below": {str(r): int((apart <= r).sum()) for r in (31, 48, 56, 64, 72, 80)},
    }
    return {
        "pdq/1": {"metric": "hamming", "width": 32, "threshold": threshold, "floor": PDQ_FLOOR}
        | {"evidence": evidence}
    }


def main(arguments: list[str]) -> None:
    """Measure, and write calibration.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    given = parser.parse_args(arguments)
    methods = text_methods(tuning_texts(given.text)) | image_methods(given.images)
    path = Path(__file__).with_name("calibration.json")
    path.write_text(json.dumps({"version": 1, "methods": methods}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
