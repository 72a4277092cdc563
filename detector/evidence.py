"""Why we say that two items are alike: a sentence for a person, and for texts the difference itself."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

from detector.fingerprints.exact import SHA256_METHOD
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.recheck import ORDER_METHOD, PASSAGE_METHOD
from provenance.assets.asset import Medium

_COMPARED_WORDS = 400


def why_equal(method: str, medium: Medium, telling: bool = True) -> str:
    """The sentence for equal digests; `telling` false adds that it means little."""
    if method == SHA256_METHOD:
        sentence = "Exactly the same text." if medium is Medium.TEXT else "Exactly the same bytes."
    else:
        sentence = "The same text once disguises are undone (lookalike letters, case, spacing)."
    return sentence if telling else f"{sentence} It is too short or too plain for that to mean much."


def why_near(
    method: str, distance: float, threshold: float, *, turned: bool = False, share: float = 1.0
) -> str:
    """The sentence for two items within a threshold of each other.

    `share` is how much of the longer text a passage is.
    """
    if method == PDQ_METHOD:
        view = "Looks the same when turned or mirrored" if turned else "Looks the same"
        return f"{view}: {distance:.0f} of 256 PDQ bits differ, up to {threshold:.0f} count as a copy."
    likeness = f"{max(0.0, 1 - distance):.0%} alike, {1 - threshold:.0%} and more count as a copy"
    if method.startswith("shingle"):
        return f"Nearly the same sequences of letters: {likeness}."
    if method == ORDER_METHOD:
        return f"Nearly the same letters in the same order: {likeness}."
    if method == PASSAGE_METHOD:
        return f"One text holds the other, which is {share:.0%} as long, as a passage: {likeness}."
    return f"Says nearly the same thing: {likeness}."


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
    before, after = earlier.split()[:_COMPARED_WORDS], later.split()[:_COMPARED_WORDS]
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
