"""Nothing the pipeline can say is without words."""

from pathlib import Path

import pytest
from django.utils import timezone

from attest.standing import Anchor, Finality, Registration, Standing
from detector.fingerprints.fingerprint import Unread
from detector.similarity import CampaignSummary, Match, Region, Similarity
from provenance.inspection.inspection import Credential, Inspection, Origin, Revocation
from provenance.manifests.manifest import SourceType
from service.accounts import SCOPES
from service.models import State, Submission
from service.portal import words
from service.portal.axes import axes, summary
from service.portal.templatetags.portal import _SHAPES
from service.portal.timeline import steps
from service.report import Registry, Report, Subject, compose


def report(
    credential: Credential = Credential.NONE,
    registration: Registration = Registration.NONE,
    similarity: Similarity | None = None,
    anchors: tuple[Anchor, ...] = (),
    **inspection: object,
) -> Report:
    return compose(
        Subject("0" * 64),
        Inspection(credential, **inspection),  # type: ignore[arg-type]
        Standing(registration, anchors=anchors),
        similarity or Similarity(),
    )


def axis_of(made: Report, key: str):
    return next(axis for axis in axes(made) if axis.key == key)


def test_every_source_type_has_a_card() -> None:
    assert {card.value for card in words.SOURCES} == {kind.value for kind in SourceType}


def test_every_state_has_a_word_and_an_icon() -> None:
    assert set(words.STATES) == set(State)
    assert {word.tone for word in words.STATES.values()} <= set(_SHAPES)


def test_every_scope_is_explained() -> None:
    assert set(words.SCOPES) == set(SCOPES)


def test_what_only_a_broken_credential_says_is_told_as_such() -> None:
    broken = report(Credential.INVALID, origin=Origin.HUMAN, signer="Leica")
    assert "Only the broken credential says so" in axis_of(broken, "origin").sentence
    whole = report(Credential.TRUSTED, origin=Origin.HUMAN, signer="Leica")
    assert "Whoever signed" in axis_of(whole, "origin").sentence


@pytest.mark.parametrize("credential", Credential)
@pytest.mark.parametrize("registration", Registration)
def test_every_report_has_five_answers_with_a_word_a_shape_and_a_sentence(
    credential: Credential, registration: Registration
) -> None:
    made = report(credential, registration)
    found = axes(made)
    assert [axis.key for axis in found] == ["credential", "registry", "anchor", "origin", "similarity"]
    for axis in found:
        assert axis.word
        assert axis.tone in _SHAPES
        assert axis.sentence.endswith((".", "?"))
        assert axis.meaning.endswith(".")
    assert summary(made).sentence


def test_no_credential_is_never_called_fake() -> None:
    made = report()
    assert "does not make it fake" in summary(made).sentence
    assert axis_of(made, "credential").tone == "neutral"


def test_an_intact_credential_of_an_unknown_issuer_is_never_good() -> None:
    assert axis_of(report(Credential.UNTRUSTED_ISSUER), "credential").tone == "warn"


def test_our_own_development_certificate_is_never_good() -> None:
    axis = axis_of(report(Credential.TRUSTED, trust_list="development"), "credential")
    assert axis.tone == "warn"
    assert "known nowhere else" in axis.sentence


def test_a_revoked_certificate_outweighs_a_trusted_one() -> None:
    made = report(Credential.TRUSTED, revocation=Revocation.REVOKED)
    assert axis_of(made, "credential").tone == "bad"
    assert summary(made).tone == "bad"


def test_a_local_anchor_is_labelled_and_never_good() -> None:
    anchor = Anchor(31337, "0x" + "0" * 40, 5, "2026-11-23T08:00:00Z", Finality.FINAL, "none")
    axis = axis_of(report(registration=Registration.ATTESTED, anchors=(anchor,)), "anchor")
    assert axis.tone == "warn"
    assert "no independent trust" in axis.sentence
    assert any("local chain: no independent trust" in str(fact.value) for fact in axis.facts)


def test_an_origin_is_a_declaration_and_never_a_verdict() -> None:
    for origin in Origin:
        axis = axis_of(report(Credential.TRUSTED, origin=origin), "origin")
        assert axis.tone == "neutral"
        assert axis.word.startswith(("Declared", "Not declared"))


def test_a_match_says_the_distance_and_the_method() -> None:
    match = Match("1", 0.9, 12, "pdq/1", 31, "Looks the same.")
    axis = axis_of(report(similarity=Similarity((match,))), "similarity")
    assert "12 of at most 31" in str(axis.facts[0].value)
    assert "picture fingerprint" in str(axis.facts[0].value)


def test_the_part_that_two_pictures_share_is_drawn_in_both() -> None:
    square = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    region = Region("affine", (0.5, 0, 0, 0, 0.5, 0), 0, 2, False, False, 40, 60, whole, square, 1.5, 0.75)
    match = Match("1", 0.99, 0.01, "image/1", 0.3, "A part of it is in this picture.", region=region)
    (drawing,) = axis_of(report(similarity=Similarity((match,))), "similarity").drawings
    assert [(frame.width, frame.points) for frame in drawing.frames] == [
        (150.0, "0.0,0.0 150.0,0.0 150.0,100.0 0.0,100.0"),
        (75.0, "0.0,0.0 37.5,0.0 37.5,50.0 0.0,50.0"),
    ]
    assert "A part of it" in drawing.label


def test_a_campaign_and_a_degraded_index_are_said() -> None:
    campaign = CampaignSummary("c", 30, 4, 9, "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z")
    axis = axis_of(report(similarity=Similarity(campaign=campaign, degraded=True)), "similarity")
    assert axis.tone == "warn"
    assert "30" in axis.sentence
    assert "rebuilt" in axis.sentence


def test_content_that_could_not_be_decoded_is_not_said_to_be_unlike_all() -> None:
    unread = Unread("decode_timeout", "Decoding this file took longer than allowed.")
    axis = axis_of(report(similarity=Similarity(unread=unread)), "similarity")
    assert axis.word == "Not compared"
    assert "took longer than allowed. It was compared by its digest alone" in axis.sentence
    assert "resembles" not in axis.sentence


def test_a_stripped_copy_is_told_apart_from_an_attestation() -> None:
    match = Match("1", 0.9, 12, "pdq/1", 31, "Looks the same.", subject="s", tenant="1")
    made = report(similarity=Similarity((match,)))
    assert made.registry.status is Registry.ATTESTED_COPY
    assert axis_of(made, "registry").tone == "warn"


@pytest.mark.parametrize("state", State)
def test_the_timeline_never_runs_ahead_and_has_one_place_it_stands_at(house: Path, state: State) -> None:
    submission = Submission(state=state, created_at=timezone.now())
    standings = [step.standing for step in steps(submission)]
    order = ["done", "now", "held", "stopped", "todo"]
    assert standings == sorted(standings, key=order.index)
    assert sum(standing in ("now", "held", "stopped") for standing in standings) == (state != State.ANCHORED)
