"""Where the 380 elements of an MPEG-7 frame signature lie (ISO/IEC 15938-3:2002/Amd 4:2010, section 4.2).

A frame is seen as 32 x 32 cells. Each element is the mean of some rectangles of cells, less that of others or
less middle grey; ten groups of them, told here by the rules that make their places, in the standard's order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

SIDE = 32

Rectangle = tuple[int, int, int, int]
"""Left, top, width and height in cells."""


@dataclass(frozen=True, slots=True)
class Element:
    """The mean of the cells of `more` less the mean of those of `less`; with no `less`, less middle grey."""

    more: tuple[Rectangle, ...]
    less: tuple[Rectangle, ...] = ()


Group = tuple[Element, ...]


def groups() -> tuple[Group, ...]:
    """The ten groups: two of means (32 elements), eight of differences (348)."""
    made = (_squares, _centred, _halves, _crosses, _nines, _stars, _rings, _bars, _trios, _quarters)
    return tuple(tuple(make()) for make in made)


def _nested(x: int, y: int, side: int, least: int) -> Iterator[tuple[int, int]]:
    """The places of squares of `least` within one of `side`, quarter by quarter."""
    if side == least:
        yield x, y
        return
    half = side // 2
    for down, along in product((0, half), repeat=2):
        yield from _nested(x + along, y + down, half, least)


def _grid(first: int, last: int, step: int) -> Iterator[tuple[int, int]]:
    """Places from `first` to `last` both ways, row by row."""
    for y, x in product(range(first, last + 1, step), repeat=2):
        yield x, y


def _split(x: int, y: int, side: int, first: str) -> Element:
    """A square's half at the `first` side ("left", "right", "top" or "bottom") and its other half."""
    half = side // 2
    halves = {
        "left": (x, y, half, side),
        "right": (x + half, y, half, side),
        "top": (x, y, side, half),
        "bottom": (x, y + half, side, half),
    }
    other = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[first]
    return Element((halves[first],), (halves[other],))


def _squares() -> Iterator[Element]:
    for side in (8, 16):
        for x, y in _nested(0, 0, SIDE, side):
            yield Element(((x, y, side, side),))


def _centred() -> Iterator[Element]:
    for x, y in _grid(2, 22, 10):
        yield Element(((x, y, 8, 8),))
    for edge in (9, 6, 3):
        yield Element(((edge, edge, SIDE - 2 * edge, SIDE - 2 * edge),))


def _halves() -> Iterator[Element]:
    round_ = ("left", "top", "bottom", "right")
    across = ("top", "right", "left", "bottom")
    within = ("top", "left", "left", "top")
    eights = [(x, y, round_ if (x < 16) == (y < 16) else across) for x, y in _nested(0, 0, SIDE, 8)]
    middle = ("top", "top", "bottom", "bottom")
    eights += [(x, y, middle if x == y == 12 else round_) for x, y in _grid(2, 22, 10)]
    eights += [(x, y, within) for x, y in _grid(7, 17, 10)]
    for x, y, sides in eights:
        for (along, down), first in zip(_nested(x, y, 8, 4), sides, strict=True):
            yield _split(along, down, 4, first)


def _crosses() -> Iterator[Element]:
    for x, y in (*_grid(0, 24, 8), *_grid(4, 20, 8)):
        falling = ((x, y, 4, 4), (x + 4, y + 4, 4, 4))
        yield Element(falling, ((x + 4, y, 4, 4), (x, y + 4, 4, 4)))


def _nines() -> Iterator[Element]:
    for one, other in combinations(_grid(1, 21, 10), 2):
        yield Element(((*one, 10, 10),), ((*other, 10, 10),))


def _stars() -> Iterator[Element]:
    """Pairs of squares on a grid of five by five, each named by its column and row."""
    pairs = (
        "12-32 21-23 11-33 31-13 21-32 32-23 23-12 12-21 11-31 31-33 33-13 13-11 22-20 22-42 22-24 22-02 "
        "20-24 02-42 10-30 14-34 01-03 41-43 10-01 30-41 43-34 03-14 00-40 40-44 44-04 04-00"
    )
    for pair in pairs.split():
        one, other = ((1 + 6 * int(place[0]), 1 + 6 * int(place[1]), 6, 6) for place in pair.split("-"))
        yield Element((one,), (other,))


def _rings() -> Iterator[Element]:
    tens = [*_grid(1, 21, 10), *_grid(6, 16, 10)]
    tens += [(x, y) for y in range(1, 22, 5) for x in range(1, 22, 5) if (x + y) % 10 == 7]
    places = [(x, y, 10, 3) for x, y in tens]
    places += [(x, y, 13, 5) for x, y in _grid(2, 17, 5)]
    places += [(x, y, 6, 2) for x, y in _grid(3, 23, 5) if (x, y) not in {(3, 3), (23, 3), (3, 23), (23, 23)}]
    for x, y, side, edge in places:
        hole = side - 2 * edge
        ring = (
            (x, y, side, edge),
            (x, y + edge, edge, hole),
            (x + side - edge, y + edge, edge, hole),
            (x, y + side - edge, side, edge),
        )
        yield Element(ring, ((x + edge, y + edge, hole, hole),))


def _bars() -> Iterator[Element]:
    for x, y in _grid(3, 19, 8):
        yield Element(((x, y + 2, 10, 6),), ((x + 2, y, 6, 10),))


def _trios() -> Iterator[Element]:
    for x, y in _grid(4, 24, 5):
        centre = ((x, y, 4, 4),)
        yield Element(((x - 4, y, 4, 4), (x + 4, y, 4, 4)), centre)
        yield Element(((x, y - 4, 4, 4), (x, y + 4, 4, 4)), centre)


def _quarters() -> Iterator[Element]:
    quarters = list(_nested(0, 0, SIDE, 16))
    for (x, y), upright in zip(quarters, (False, True, True, False), strict=True):
        sides = ("left", "top", "top", "left") if upright else ("top", "left", "left", "top")
        for (along, down), first in zip(_nested(x, y, 16, 8), sides, strict=True):
            yield _split(along, down, 8, first)
    for (x, y), first in zip(quarters, ("left", "top", "top", "left"), strict=True):
        yield _split(x, y, 16, first)
