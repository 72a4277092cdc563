"""A moderator's decision on what is held, and their word on the pair."""

import io
from pathlib import Path

import pytest
from PIL import Image

from detector.errors import DecisionInvalid
from detector.models import Decision, Item
from service import pipeline, reviewing
from service.intake import incoming
from service.models import Account, State, Submission
from service.pipeline import AttestRequest
from service.report import similarity_from


def attested(account: Account, content: bytes) -> Submission:
    with incoming([content], "photo.jpg") as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human", "x"))
    pipeline.advance(str(submission.pk))
    return Submission.objects.select_related("account", "asset").get(pk=submission.pk)


@pytest.fixture
def moderator(house: Path) -> Account:
    return Account.objects.create_user("moderator", is_staff=True)


@pytest.fixture
def smaller(photo: Path) -> bytes:
    with Image.open(photo) as image:
        out = io.BytesIO()
        image.resize((480, image.height * 480 // image.width)).save(out, "JPEG", quality=70)
    return out.getvalue()


@pytest.fixture
def other(house: Path) -> Account:
    return Account.objects.create_user("somebody-else")


def test_not_the_same_is_kept_and_what_was_held_is_signed_and_resembles_it_no_more(
    account: Account, other: Account, moderator: Account, photo: Path, smaller: bytes
) -> None:
    attested(account, photo.read_bytes())
    held = attested(other, smaller)
    reviewing.review(held, moderator, approve=True, remember=True)
    word = Decision.objects.get()
    assert (word.same, word.decided_by) == (False, moderator.tenant)
    assert word.distances["pdq/1"] >= 0
    assert pipeline.advance(str(held.pk)) == State.APPENDED
    held.refresh_from_db()
    assert similarity_from(held.similarity).matches == ()
    assert Item.objects.filter(subject=str(held.pk)).count() == 1


def test_the_same_is_kept_and_what_was_refused_is_in_no_index(
    account: Account, other: Account, moderator: Account, photo: Path, smaller: bytes
) -> None:
    first = attested(account, photo.read_bytes())
    held = attested(other, smaller)
    assert reviewing.review(held, moderator, approve=False, remember=True).state == State.REFUSED
    assert Decision.objects.get().same
    assert [item.subject for item in Item.objects.all()] == [str(first.pk)]


def test_a_decision_without_a_word_keeps_none(
    account: Account, other: Account, moderator: Account, photo: Path, smaller: bytes
) -> None:
    attested(account, photo.read_bytes())
    reviewing.review(attested(other, smaller), moderator, approve=True)
    assert not Decision.objects.exists()


def test_of_the_very_same_bytes_no_word_can_be_kept_and_nothing_is_decided(
    account: Account, other: Account, moderator: Account, photo: Path
) -> None:
    attested(account, photo.read_bytes())
    held = attested(other, photo.read_bytes())
    assert reviewing.earlier_item(held, moderator) is None
    with pytest.raises(DecisionInvalid):
        reviewing.review(held, moderator, approve=True, remember=True)
    held.refresh_from_db()
    assert held.state == State.HELD
    assert not Decision.objects.exists()


def test_the_owner_of_the_earlier_one_may_decide_but_keeps_no_word_in_their_own_favour(
    moderator: Account, other: Account, photo: Path, smaller: bytes
) -> None:
    attested(moderator, photo.read_bytes())
    held = attested(other, smaller)
    with pytest.raises(DecisionInvalid):
        reviewing.review(held, moderator, approve=False, remember=True)
    assert not Decision.objects.exists()
    assert reviewing.review(held, moderator, approve=False).state == State.REFUSED
