"""What `screen` shows people of a group, and in JSON, where a likeness was found from one side only."""

import io

from rich.console import Console

from detector.screening import ScreenResult
from detector.similarity import Match
from service import policy
from service.cli.screening import Screened
from service.cli.screening_view import show

WHY = "It is in a part of this picture: 40 of 50 points agree."
INSIDE = Match("whole.jpg", 0.8, 0.2, "image/1", 0.4, WHY)
FROM_COLLAGE = Match("collage.jpg", 0.8, 0.2, "image/1", 0.4, WHY)


def screened(result: ScreenResult) -> Screened:
    return Screened(result, policy.screening(result.similarity))


def shown(*results: ScreenResult) -> str:
    out = io.StringIO()
    show(Console(file=out, width=200), [screened(result) for result in results], against=False)
    return out.getvalue()


def test_a_member_that_found_nothing_is_printed_with_who_found_it() -> None:
    text = shown(
        ScreenResult("collage.jpg", (INSIDE,), "c-1"),
        ScreenResult("whole.jpg", (), "c-1", found_from=FROM_COLLAGE),
        ScreenResult("alone.jpg", (), None),
    )
    assert f"    collage.jpg  {WHY}" in text
    assert f"    whole.jpg  found from collage.jpg: {WHY}" in text
    assert "3 items: 2 are in a group, 1 alone." in text


def test_outside_a_group_too_it_is_said_who_found_it() -> None:
    text = shown(
        ScreenResult("collage.jpg", (INSIDE,), None),
        ScreenResult("whole.jpg", (), None, found_from=FROM_COLLAGE),
    )
    assert f"  collage.jpg  resembles whole.jpg: {WHY}" in text
    assert f"  whole.jpg  found from collage.jpg: {WHY}" in text
    assert "0 alone" in text


def test_in_json_it_stands_beside_the_matches_and_only_where_it_is_needed() -> None:
    found = screened(ScreenResult("whole.jpg", (), "c-1", found_from=FROM_COLLAGE)).as_dict()
    assert found["matches"] == []
    assert found["found_from"] == {
        "item": "collage.jpg",
        "score": 0.8,
        "distance": 0.2,
        "method": "image/1",
        "threshold": 0.4,
        "why": WHY,
    }
    assert "found_from" not in screened(ScreenResult("collage.jpg", (INSIDE,), "c-1")).as_dict()
