"""Two contents beside each other: pictures with the part that agrees outlined, texts word by word."""

from dataclasses import dataclass

from detector.evidence import COMPARED_WORDS, Change, Piece, text_difference
from detector.similarity import Match, Outline
from service.portal.side import NOTHING, Side


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. `picture` is its address, or empty where it may not be shown.

    Where a part of it agrees, `points` is that part as an SVG polygon's points in a frame of `width` by
    `height`.
    """

    caption: str
    picture: str
    width: float = 0
    height: float = 0
    points: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Two pictures side by side, and what they have in common; `label` says it in words."""

    label: str
    frames: tuple[Frame, Frame]


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of the words from the earlier text to the later one; `cut` says that only so many of
    each were compared.
    """

    label: str
    pieces: tuple[Piece, ...]
    cut: int | None


def drawing(
    label: str, match: Match, asked: Side = NOTHING, matched: Side = NOTHING, *, captions: tuple[str, str]
) -> Drawing | None:
    """The two pictures of a match; None where there is neither an outline nor the earlier picture."""
    region = match.region
    if region is None:
        if not matched.picture:
            return None
        return Drawing(label, (Frame(captions[0], asked.picture), Frame(captions[1], matched.picture)))
    return Drawing(
        label,
        (
            _frame(captions[0], asked.picture, region.asked, region.asked_ratio),
            _frame(captions[1], matched.picture, region.matched, region.matched_ratio),
        ),
    )


def _frame(caption: str, picture: str, outline: Outline, ratio: float) -> Frame:
    width = round(100 * min(max(ratio, 0.05), 20), 1)
    points = " ".join(f"{x * width:.1f},{y * 100:.1f}" for x, y in outline)
    return Frame(caption, picture, width, 100, points)


def difference(label: str, earlier: Side, later: Side) -> Difference | None:
    """How the later text differs from the earlier one; None where one may not be shown, or nothing is the
    same: then the two are alike in another way.
    """
    if not earlier.text or not later.text:
        return None
    pieces = text_difference(earlier.text, later.text)
    if not any(piece.change is Change.SAME for piece in pieces):
        return None
    words = max(len(earlier.text.split()), len(later.text.split()))
    return Difference(label, pieces, COMPARED_WORDS if words > COMPARED_WORDS else None)
