"""The review list and the keys page."""

from django.test import Client
from django.urls import reverse

from service.accounts import authenticate
from service.models import Account, ApiKey, State, Submission


def test_the_review_list_shows_both_sides_the_reason_and_the_distance(
    reviewing: Client, held: Submission
) -> None:
    body = reviewing.get(reverse("review")).content.decode()
    for said in ("A copy", "The original", "stranger", "newsroom", "near_duplicate_of_other", "Distance 12"):
        assert said in body


def test_the_owner_of_a_held_submission_is_told_why(held: Submission, stranger: Account) -> None:
    client = Client()
    client.force_login(stranger)
    body = client.get(reverse("attestation", args=[held.pk])).content.decode()
    assert "Why it is held" in body
    assert "Another account attested this earlier." in body
    assert "The original" not in body


def test_refusing_ends_a_held_submission(reviewing: Client, held: Submission, reviewer: Account) -> None:
    answer = reviewing.post(reverse("review-decide", args=[held.pk]), {"decision": "refuse"}, follow=True)
    assert "was refused" in answer.content.decode()
    held.refresh_from_db()
    assert (held.state, held.reviewed_by) == (State.REFUSED, reviewer)


def test_approving_lets_a_held_submission_go_on(reviewing: Client, held: Submission) -> None:
    reviewing.post(reverse("review-decide", args=[held.pk]), {"decision": "approve"})
    held.refresh_from_db()
    assert held.state == State.FINGERPRINTED


def test_no_word_is_asked_for_on_a_pair_whose_other_half_is_gone(reviewing: Client, held: Submission) -> None:
    assert "Not the same" not in reviewing.get(reverse("review")).content.decode()
    answer = reviewing.post(reverse("review-decide", args=[held.pk]), {"decision": "not_same"}, follow=True)
    assert "decision_invalid" in answer.content.decode()
    held.refresh_from_db()
    assert held.state == State.HELD


def test_deciding_twice_says_that_it_was_decided(reviewing: Client, held: Submission) -> None:
    reviewing.post(reverse("review-decide", args=[held.pk]), {"decision": "refuse"})
    again = reviewing.post(reverse("review-decide", args=[held.pk]), {"decision": "approve"}, follow=True)
    assert "not_held" in again.content.decode()
    held.refresh_from_db()
    assert held.state == State.REFUSED


def test_a_decision_that_is_neither_changes_nothing(reviewing: Client, held: Submission) -> None:
    reviewing.post(reverse("review-decide", args=[held.pk]), {"decision": "maybe"})
    held.refresh_from_db()
    assert held.state == State.HELD


def test_an_account_without_the_right_finds_no_review_list(logged_in: Client) -> None:
    assert logged_in.get(reverse("review")).status_code == 404
    assert "/review" not in logged_in.get(reverse("attest")).content.decode()


def test_a_new_key_is_shown_once_and_works(logged_in: Client) -> None:
    form = {"name": "my script", "scopes": ["attest", "verify"], "days": "30"}
    answer = logged_in.post(reverse("keys"), form)
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    key = authenticate(secret)
    assert key is not None
    assert key.scopes == ["attest", "verify"]
    assert key.expires_at is not None
    assert secret not in logged_in.get(reverse("keys")).content.decode()


def test_only_a_reviewer_can_make_a_key_that_moderates(logged_in: Client, reviewing: Client) -> None:
    form = {"name": "mod", "scopes": ["moderate"], "days": "30"}
    assert logged_in.post(reverse("keys"), form).status_code == 422
    assert not ApiKey.objects.exists()
    assert reviewing.post(reverse("keys"), form).status_code == 200
    assert ApiKey.objects.get().scopes == ["moderate"]


def test_a_key_without_a_scope_is_refused_with_a_sentence(logged_in: Client) -> None:
    answer = logged_in.post(reverse("keys"), {"name": "k", "days": "30"})
    assert answer.status_code == 422
    assert "Choose at least one thing" in answer.content.decode()


def test_a_key_is_revoked_by_its_owner_only(logged_in: Client, reviewing: Client) -> None:
    secret = logged_in.post(reverse("keys"), {"name": "k", "scopes": ["attest"], "days": "0"}).context[
        "secret"
    ]
    key = ApiKey.objects.get()
    assert reviewing.post(reverse("key-revoke", args=[key.pk])).status_code == 404
    assert authenticate(secret) is not None
    assert logged_in.post(reverse("key-revoke", args=[key.pk])).status_code == 302
    assert authenticate(secret) is None
