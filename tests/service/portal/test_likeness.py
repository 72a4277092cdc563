"""Two contents beside each other, as values for a page."""

import dataclasses

from detector.similarity import Match, Region
from service.portal.likeness import difference, drawing
from service.portal.side import NOTHING, Side

CAPTIONS = ("this", "that")
SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
REGION = Region("affine", (1, 0, 0, 0, 1, 0), 0, 1, False, False, 40, 50, SQUARE, SQUARE, 2.0, 0.5)
NEAR = Match("i", 0.9, 12, "pdq/1", 31, "Looks the same.")
PART = dataclasses.replace(NEAR, region=REGION)


def test_an_outline_is_drawn_in_the_pictures_own_shape() -> None:
    found = drawing("x", PART, captions=CAPTIONS)
    assert found is not None
    assert [(frame.width, frame.height) for frame in found.frames] == [(200, 100), (50, 100)]
    assert found.frames[0].points == "0.0,0.0 200.0,0.0 200.0,50.0 0.0,50.0"
    assert [frame.picture for frame in found.frames] == ["", ""]


def test_pictures_alike_as_a_whole_are_shown_without_an_outline() -> None:
    found = drawing("x", NEAR, Side("data:a"), Side("/b"), captions=CAPTIONS)
    assert found is not None
    assert [(frame.picture, frame.points) for frame in found.frames] == [("data:a", ""), ("/b", "")]


def test_a_picture_alone_is_no_comparison() -> None:
    assert drawing("x", NEAR, Side("data:a"), NOTHING, captions=CAPTIONS) is None


def test_a_text_that_may_not_be_shown_has_no_difference() -> None:
    assert difference("x", NOTHING, Side(text="a b")) is None
    assert difference("x", Side(text="a b"), NOTHING) is None


def test_texts_with_no_word_in_common_have_no_difference_to_show() -> None:
    assert difference("x", Side(text="a b"), Side(text="c d")) is None


def test_how_much_was_compared_is_said_where_it_was_not_all() -> None:
    short = difference("x", Side(text="a b"), Side(text="a c"))
    long = difference("x", Side(text="a " * 500), Side(text="a c"))
    assert short is not None
    assert long is not None
    assert (short.cut, long.cut) == (None, 400)
