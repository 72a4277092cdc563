"""What an attester asks of the signature: careful by default, kept small, refused when unknown."""

import pytest

from service.errors import ServiceError
from service.wishes import Wishes, wishes_from


def test_whoever_wishes_nothing_keeps_nothing() -> None:
    assert Wishes().as_dict() == {}
    assert wishes_from({}) == Wishes()


def test_wishes_survive_being_kept() -> None:
    wishes = Wishes(training="notAllowed", author="Ada Lovelace", accept_broken_parent=True)
    assert wishes_from(wishes.as_dict()) == wishes


def test_a_training_choice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ServiceError) as caught:
        wishes_from({"training": "maybe"})
    assert caught.value.code == "unknown_training_choice"


def test_an_author_keeps_no_character_that_hides_or_turns_text() -> None:
    assert "\u202e" not in wishes_from({"author": "evil\u202egnp.exe"}).author
    assert wishes_from({"author": "AC/DC"}).author.startswith("AC")
    assert wishes_from({"author": " \n "}).author == ""
