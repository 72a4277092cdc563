"""Why we say that two items are alike: a sentence for a person, and for texts the difference itself."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.exact import SHA256_METHOD
from detector.fingerprints.pdq import INVERTED_METHOD, PANEL_METHOD, TURNED_METHOD
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.geometry import Agreement
from detector.recheck import ORDER_METHOD, PASSAGE_METHOD
from detector.similarity import Outline, Region
from provenance.assets.asset import Medium

COMPARED_WORDS = 400
"""Of each of two texts, for their difference."""
_WHOLE = 0.7
"""Share of a picture's width and height that an outline spans where we speak of all of it."""
_VIEWS = {
    TURNED_METHOD: "Looks the same when turned or mirrored",
    INVERTED_METHOD: "Looks the same with its colours inverted",
    PANEL_METHOD: "Looks the same without what surrounds it",
}


def why_equal(method: str, medium: Medium, telling: bool = True) -> str:
    """The sentence for equal digests; `telling` false adds that it means little."""
    if method == SHA256_METHOD:
        sentence = "Exactly the same text." if medium is Medium.TEXT else "Exactly the same bytes."
    else:
        sentence = "The same text once disguises are undone (lookalike letters, case, spacing)."
    return sentence if telling else f"{sentence} It is too short or too plain for that to mean much."


def why_near(method: str, distance: float, threshold: float, *, view: str = "", share: float = 1.0) -> str:
    """The sentence for two items within a threshold of each other.

    `view` is the method of the hash that was asked with, `share` how much of the longer text a passage is.
    """
    if method == PDQ_METHOD:
        seen = _VIEWS.get(view, "Looks the same")
        return f"{seen}: {distance:.0f} of 256 PDQ bits differ, up to {threshold:.0f} count as a copy."
    likeness = f"{max(0.0, 1 - distance):.0%} alike, {1 - threshold:.0%} and more count as a copy"
    if method.startswith("shingle"):
        return f"Nearly the same sequences of letters: {likeness}."
    if method == ORDER_METHOD:
        return f"Nearly the same letters in the same order: {likeness}."
    if method == PASSAGE_METHOD:
        return f"One text holds the other, which is {share:.0%} as long, as a passage: {likeness}."
    return f"Says nearly the same thing: {likeness}."


def region(agreement: Agreement) -> Region:
    """The agreement as the report shows it: shares of either picture instead of pixels."""
    wide, high = agreement.asked_size
    wide_there, high_there = agreement.stored_size
    (a, b, c), (d, e, f) = agreement.matrix
    across = (a * wide / wide_there, b * high / wide_there, c / wide_there)
    down = (d * wide / high_there, e * high / high_there, f / high_there)
    return Region(
        transform="affine",
        matrix=tuple(round(float(value), 5) for value in (*across, *down)),
        rotation=round(agreement.degrees, 1) + 0.0,
        scale=round(1 / agreement.scale, 3),
        mirrored=agreement.mirrored,
        inverted=agreement.inverted,
        inliers=agreement.inliers,
        pairs=agreement.pairs,
        asked=_outline(agreement.asked_outline),
        matched=_outline(agreement.stored_outline),
        asked_ratio=round(wide / high, 4),
        matched_ratio=round(wide_there / high_there, 4),
    )


def _outline(corners: NDArray[np.float32]) -> Outline:
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in corners)


def why_region(found: Region) -> str:
    """The sentence for two pictures whose points lie in the same arrangement."""
    what = "A part of it" if _is_part(found.matched) else "It"
    where = "a part of this picture" if _is_part(found.asked) else "this picture"
    turns = []
    if abs(found.rotation) >= 2:
        turns.append(f"turned by {abs(found.rotation):.0f}°")
    if found.mirrored:
        turns.append("mirrored")
    if found.inverted:
        turns.append("with inverted colours")
    how = f", {', '.join(turns)}" if turns else ""
    return f"{what} is in {where}{how}: {found.inliers} of {found.pairs} points agree."


def _is_part(outline: Outline) -> bool:
    """Whether an outline leaves out so much of its picture that it is worth saying."""
    sides = zip(*outline, strict=True)
    return any(max(side) - min(side) < _WHOLE for side in sides)


class Change(StrEnum):
    """What became of a run of words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words and what became of it between the earlier and the later text."""

    change: Change
    words: str


def text_difference(earlier: str, later: str) -> tuple[Piece, ...]:
    """Word by word, how `later` differs from `earlier`; each is read to at most 400 words (bounded time)."""
    before, after = earlier.split()[:COMPARED_WORDS], later.split()[:COMPARED_WORDS]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Change.SAME, " ".join(before[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece(Change.REMOVED, " ".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece(Change.ADDED, " ".join(after[j1:j2])))
    return tuple(pieces)
