"""Fit the one score of two pictures: logistic regression over what geometry, hashes and vectors measured.

Works on training pictures of odd SHA-256 alone (the others taught the vocabulary). Copies are edited ones
(detector/image_edits.py); unrelated are pictures of other categories, and pictures that were given the same
overlays: two screenshots of one telephone are no copies of one another.
"""

import hashlib
import io
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from operator import ne
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from detector.fingerprints.copydet import DIMENSIONS as COPYDET_WIDTH
from detector.fingerprints.copydet import METHOD as COPYDET_METHOD
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.picture import pixel_prints
from detector.fingerprints.sift import METHOD as SIFT_METHOD
from detector.fingerprints.vlad import DIMENSIONS as VLAD_WIDTH
from detector.fingerprints.vlad import METHOD as VLAD_METHOD
from detector.image_edits import EDITS, Edit
from detector.index.build import faiss_index
from detector.matching.finding import Question
from detector.matching.fusion import METHOD, measured, probability
from detector.matching.image import ImageMatcher
from detector.matching.values import KeptValues
from detector.train_vocabulary import is_for_thresholds
from provenance.assets.asset import Medium

CLUTTER = "BACKGROUND_Google"
"""A category of anything at all: pictures to lay others beside, never stored."""
OVERLAYS = ("screenshot", "watermark", "three_lines_of_text", "logo", "caption", "sticker")
PDQ_FLOOR = 50
"""PDQ's quality, under which a picture is too plain for its hash or its embedding to mean anything."""
PROPOSING: dict[str, Any] = {
    method: {"metric": "cosine", "width": width, "threshold": 0.0, "floor": floor, "reach": 0.9}
    | {"evidence": {"set_on": "nothing: it only proposes, within the reach, what geometry decides about"}}
    for method, width, floor in ((VLAD_METHOD, VLAD_WIDTH, 0), (COPYDET_METHOD, COPYDET_WIDTH, PDQ_FLOOR))
}
"""The entries of the vectors that only propose."""
Stored = tuple[str, tuple[Fingerprint, ...]]
"""The category and the prints of a stored picture."""
RATES = {0.01: 0.5, 0.001: 0.6}
"""Shares of questions that may meet something unrelated, and the probability below which nothing counts
however clean the tuning data, which alone would say 0.05 and 0.44."""
_STORED = 600
_EDITED = 12
_OVERLAID = 8
_SEED = 20261124


def edited(image: Image.Image, edit: Edit, seed: str, others: Sequence[Image.Image]) -> Image.Image:
    """The picture edited, saved as a JPEG of quality 90 and opened again; `seed` decides every chance."""
    held = io.BytesIO()
    edit(image, random.Random(seed), others).save(held, "JPEG", quality=90)  # noqa: S311
    return Image.open(held).convert("RGB")


def opened(path: Path) -> Image.Image:
    """The picture as RGB."""
    with Image.open(path) as image:
        return image.convert("RGB")


def by_digest(paths: Sequence[Path]) -> list[Path]:
    """The pictures in the order of their SHA-256: a sample of them is their first few."""
    return sorted(paths, key=lambda path: hashlib.sha256(path.read_bytes()).digest())


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture to ask with: which stored picture it was made of (its number), its category, the edit."""

    of: int
    category: str
    edit: str
    prints: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What was measured of a pair, whether it is a copy, and the number of the question it came up in."""

    values: dict[str, float]
    copy: bool
    question: int


def image_methods(folder: Path) -> dict[str, Any]:
    """The entries of calibration.json for "image/1" and for the vectors that propose."""
    stored, asked = _material(folder)
    entry = fitted(list(_examples(stored, asked)), [each.edit for each in asked])
    entry["evidence"] |= {
        "set_on": f"{len(stored)} pictures of Caltech-101's training part, of odd SHA-256",
        "index_size": len(stored),
        "data_sha256": _digest(folder),
    }
    return {METHOD: entry} | PROPOSING


def fitted(examples: Sequence[Example], edits: Sequence[str]) -> dict[str, Any]:
    """The entry for what was measured; `edits` names the edit of every question, "" for a picture as it is.

    The threshold is that of the least rate in RATES.
    """
    from sklearn.linear_model import LogisticRegression

    names = sorted(examples[0].values)
    rows = np.array([[example.values[name] for name in names] for example in examples])
    model = LogisticRegression(C=10.0, max_iter=2_000, class_weight="balanced")
    model.fit(rows, [example.copy for example in examples])
    weights = {name: round(float(w), 4) for name, w in zip(names, model.coef_[0], strict=True)}
    weights["constant"] = round(float(model.intercept_[0]), 4)
    own, worst = np.zeros(len(edits)), np.zeros(len(edits))
    for example in examples:
        side = own if example.copy else worst
        side[example.question] = max(side[example.question], probability(example.values, weights))
    limits = {rate: _limit(worst, rate) for rate in RATES}
    asked = np.array(edits)
    recall = {name: round(float((own[asked == name] >= limits[min(RATES)]).mean()), 3) for name in EDITS}
    evidence = {
        "queries": len(edits),
        "false_matches": int((worst >= limits[min(RATES)]).sum()),
        "copies_compared": sum(example.copy for example in examples),
        "unrelated_that_agree_at_all": sum(not example.copy for example in examples),
        "thresholds_by_false_share_of_questions": {str(r): round(1 - p, 5) for r, p in limits.items()},
        "recall_by_geometry_alone": recall,
    }
    threshold = round(1 - limits[min(RATES)], 5)
    entry = {"metric": "geometry", "width": 0, "threshold": threshold, "floor": 0, "weights": weights}
    return entry | {"evidence": evidence}


def _limit(worst: Any, rate: float) -> float:
    """The probability that at most this share of questions met something unrelated; at least RATES."""
    allowed = int(rate * len(worst))
    highest = float(np.sort(worst)[::-1][allowed])
    return max(RATES[rate], min(0.9999, highest + 0.02 * (1 - highest) + 1e-4))


def _digest(folder: Path) -> str:
    names = sorted(folder.rglob("*.jpg"))
    whole = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in names))
    return whole.hexdigest()[:16]


def _examples(
    stored: Sequence[tuple[str, tuple[Fingerprint, ...]]], asked: Sequence[Asked]
) -> Iterator[Example]:
    kept = KeptValues((SIFT_METHOD,))
    matcher = ImageMatcher(faiss_index, kept.read)
    items = [(number, prints) for number, (_, prints) in enumerate(stored)]
    kept.add_many(items)
    matcher.add_many(items)
    for number, each in enumerate(asked):
        # A picture as it is finds itself, which says nothing; its edited copy is to find it.
        question = Question(partial(ne, each.of)) if not each.edit else Question(lambda _: True)
        for judged in matcher.judged(Fingerprints("", Medium.IMAGE, each.prints), question):
            other = judged.proposal.item_no
            if other == each.of or stored[other][0] != each.category:
                yield Example(measured(judged.agreement, judged.proposal.nearest), other == each.of, number)


def _material(folder: Path) -> tuple[list[Stored], list[Asked]]:
    """Pictures to store (category, prints), then those to ask with: as they are, edited, overlaid."""
    paths = by_digest([path for path in folder.rglob("*.jpg") if is_for_thresholds(path)])
    clutter = [path for path in paths if path.parent.name == CLUTTER][:60]
    held = [path for path in paths if path.parent.name != CLUTTER][:_STORED]
    work = [(path, "", "") for path in held]
    # Overlaid by the same seed, so all with the same words, but none laid beside another picture: a copy of
    # that one in two of them would be no mistake.
    work += [(path, name, "overlaid") for path in clutter[:_OVERLAID] for name in OVERLAYS]
    work += [(path, name, path.name) for path in held[:_EDITED] for name in EDITS]
    with processes(_begin, clutter[_OVERLAID:]) as pool:
        made = list(pool.map(_prints, work, chunksize=16))
    stored = [(path.parent.name, prints) for path, prints in zip(held, made, strict=False)]
    first = len(held)
    overlaid = len(OVERLAYS) * _OVERLAID
    # Copies of one picture are nobody's mistake.
    stored += [(f"overlaid {work[first + n][0].name}", made[first + n]) for n in range(overlaid)]
    asked = [Asked(number, category, "", prints) for number, (category, prints) in enumerate(stored)]
    for offset, (path, name, _) in enumerate(work[first + overlaid :]):
        own = offset // len(EDITS)
        asked.append(Asked(own, path.parent.name, name, made[first + overlaid + offset]))
    return stored, asked


def processes(begin: Callable[..., None], *arguments: Any) -> ProcessPoolExecutor:
    """Two processes of one thread each; `begin(*arguments)` runs first in both."""
    # Threads of a process would only take the cores from the other one.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return ProcessPoolExecutor(2, get_context("spawn"), begin, arguments)


_others: list[Image.Image] = []


def _begin(paths: Sequence[Path]) -> None:
    _others[:] = [opened(path) for path in paths]


def _prints(work: tuple[Path, str, str]) -> tuple[Fingerprint, ...]:
    path, name, seed = work
    image = opened(path)
    if name:
        beside = _others if seed != "overlaid" else []
        image = edited(image, EDITS[name], f"{_SEED} {name} {seed}", beside)
    return pixel_prints(np.asarray(image))
