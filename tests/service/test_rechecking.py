"""A kept verdict made again: equal, or what differs is named; and what each verdict was made with."""

import json
from pathlib import Path

import pytest

from detector.flows.decisions import decide_campaign, decide_pair
from detector.flows.forget_item import forget
from detector.flows.live_banks import add_entry
from detector.models import Campaign, Item
from service import pipeline, policy, wiring
from service.errors import ServiceError
from service.intake import incoming, incoming_text
from service.jobs.runner import run_until_idle
from service.models import Account, Job, ScreeningRecord, State, Submission
from service.pipeline import AttestRequest
from service.rechecking import recheck
from service.recipe import policy_digest
from service.report import Report

SPAM = "You have won a free holiday worth 900 pounds, call {} now to claim your prize today"


def screened(text: str, author: str = "a") -> Report:
    with incoming_text(text) as asset:
        return pipeline.screen(asset, tenant="t", source="sms", author=author)


def burst(count: int) -> list[Report]:
    return [screened(SPAM.format(f"0900{number}55"), f"a{number}") for number in range(count)]


def attested(account: Account, content: bytes, name: str) -> Submission:
    with incoming([content], name) as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human", name))
    Job.objects.filter(subject="").delete()
    run_until_idle()
    submission.refresh_from_db()
    return submission


def test_every_screening_names_what_it_was_made_with(house: Path) -> None:
    report = screened(SPAM.format("1"))
    recipe = report.recipe
    assert recipe is not None
    assert set(recipe.weights) == {"minilm/1"}
    assert len(recipe.weights["minilm/1"]) == 64
    assert (recipe.policy, recipe.calibration) == (policy_digest(), report.similarity.calibration)
    assert recipe.index is not None
    assert recipe.index.sequence == Item.objects.get().pk
    assert json.loads(json.dumps(report.as_dict()))["recipe"]["index"]["layout"] >= 1
    stated = {one.method: one for one in report.similarity.calibrated}
    assert stated["shingle3/3"].rate is not None
    assert stated["shingle3/3"].index_size == 2258


def test_a_screening_made_again_is_equal_however_many_came_after_it(house: Path) -> None:
    reports = burst(6)
    for report in reports:
        assert report.id is not None
        found = recheck(report.id)
        assert (found.kind, found.differs) == ("screening", ())


def test_what_a_bank_or_a_moderator_said_since_is_named(house: Path) -> None:
    last = burst(4)[-1]
    assert last.id is not None
    with incoming_text(SPAM.format("7")) as asset:
        add_entry(pipeline.prints_of(asset), bank="deny", label="prize")
    found = recheck(last.id)
    assert {"bank", "action", "reasons"} <= {each.what for each in found.differs}
    assert "banks" in {each.what for each in found.made_with}


def test_a_verdict_whose_neighbour_was_deleted_differs_by_that_neighbour(house: Path) -> None:
    reports = burst(3)
    first = Item.objects.order_by("pk").first()
    assert first is not None
    forget([str(first.uid)])
    assert reports[-1].id is not None
    assert f"match.{first.uid}" in {each.what for each in recheck(reports[-1].id).differs}
    assert reports[0].id is not None
    with pytest.raises(ServiceError) as caught:
        recheck(reports[0].id)
    assert caught.value.code == "recheck_impossible"


@pytest.mark.parametrize("identity", ["nonsense", "7b9f4fc2-0f0e-4d83-8a4b-3c9b6cbb7d7f"])
def test_nothing_is_kept_under_another_id(house: Path, identity: str) -> None:
    with pytest.raises(ServiceError) as caught:
        recheck(identity)
    assert caught.value.code == "not_found"


def test_a_repeated_screening_keeps_one_record(house: Path) -> None:
    for _ in range(2):
        with incoming_text(SPAM.format("1")) as asset:
            pipeline.screen(asset, tenant="t", key="k")
    assert ScreeningRecord.objects.count() == 1


def test_an_attestation_is_made_again_from_its_stored_content(account: Account, house: Path) -> None:
    text = b"The council voted on Tuesday to keep the swimming pool in the old town open all year."
    first = attested(account, text, "a.txt")
    assert first.state == State.APPENDED
    assert recheck(str(first.pk)).equal
    other = Account.objects.create_user("somebody-else")
    held = attested(other, text.upper().replace(b"O", b"0"), "b.txt")
    assert (held.state, held.reasons[0]["code"]) == (State.HELD, "near_duplicate_of_other")
    assert held.recipe["weights"]
    assert recheck(str(held.pk)).equal
    Submission.objects.filter(pk=held.pk).update(recipe={})
    with pytest.raises(ServiceError) as caught:
        recheck(str(held.pk))
    assert caught.value.code == "recheck_impossible"


def test_what_resembles_a_known_bad_content_is_held_and_a_known_good_one_is_not(
    account: Account, house: Path
) -> None:
    text = b"Send two hundred coins to this address today and get four hundred back tomorrow morning."
    with incoming([text], "scam.txt") as asset:
        add_entry(pipeline.prints_of(asset), bank="deny", label="coins")
    held = attested(account, text.title(), "a.txt")
    assert (held.state, held.reasons[0]["code"]) == (State.HELD, "known_bad")
    with incoming([text], "scam.txt") as asset:
        add_entry(pipeline.prints_of(asset), bank="allow", label="coins")
    assert attested(account, text.title() + b"!", "b.txt").state == State.APPENDED
    assert attested(Account.objects.create_user("else"), text + b"!!", "c.txt").state == State.APPENDED


def test_blank_content_holds_nobody_up(account: Account, house: Path) -> None:
    assert attested(account, b"thanks!", "a.txt").state == State.APPENDED
    other = Account.objects.create_user("somebody-else")
    assert attested(other, b"Thanks!", "b.txt").state == State.APPENDED


def test_a_moderators_word_decides_the_next_verdict(house: Path) -> None:
    burst(4)
    decide_campaign(Campaign.objects.get(), same=False)
    report = screened(SPAM.format("99"))
    assert report.action == policy.Action.ACCEPT
    assert "campaign_dismissed" in [reason.code for reason in report.reasons]
    decide_campaign(Campaign.objects.get(), same=True)
    assert screened(SPAM.format("98")).action == policy.Action.FLAG
    first, second = Item.objects.order_by("pk")[:2]
    decide_pair(first, second, same=False, by="mod")
    assert screened(SPAM.format("97")).recipe != report.recipe


def test_a_stripped_copy_names_the_original_and_its_proof(account: Account, house: Path, photo: Path) -> None:
    original = attested(account, photo.read_bytes(), "photo.jpg")
    from PIL import Image

    small = house / "small.png"
    with Image.open(photo) as image:
        image.resize((320, 213)).save(small)
    with incoming([small.read_bytes()], "small.png") as asset:
        report = pipeline.verify(asset)
    assert (report.registry.status, report.registry.original) == ("attested_copy", str(original.pk))
    assert report.registry.original_proof == f"/api/v1/proofs/{original.leaf_index}"
    assert report.recipe is not None
    assert report.id is None


def test_thresholds_of_the_installation_are_named_and_used_at_once(house: Path) -> None:
    before = screened(SPAM.format("1")).similarity.calibration
    wiring.calibration_file().write_text(json.dumps({"thresholds": {"shingle3/3": 0.1}}))
    report = screened("Something else altogether, said by nobody before in this stream of texts")
    assert report.similarity.calibration != before
    assert {c.method: c.threshold for c in report.similarity.calibrated}["shingle3/3"] == 0.1
    wiring.calibration_file().unlink()
    assert screened(SPAM.format("2")).similarity.calibration == before
