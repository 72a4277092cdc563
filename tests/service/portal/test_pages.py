"""Who sees which page, and what every page carries."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from service.models import Account, State, Submission


@pytest.mark.parametrize("name", ["home", "verify", "login"])
def test_public_pages_need_no_account(house, name: str) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 200
    assert "<h1" in answer.content.decode()


@pytest.mark.parametrize("name", ["attest", "keys", "review"])
def test_other_pages_send_a_visitor_to_the_login(house, name: str) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('login')}?next={reverse(name)}"


def test_a_fragment_asked_for_after_the_session_ended_reloads_the_page(house, make) -> None:
    answer = Client().get(reverse("attestation-progress", args=[make().pk]), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


@pytest.mark.parametrize("part", ["", "-progress", "-file", "-original", "-manifest", "-proof"])
def test_another_accounts_attestation_does_not_exist(make, stranger: Account, part: str) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.get(reverse(f"attestation{part}", args=[make(State.LOGGED).pk])).status_code == 404
    assert client.get(reverse(f"attestation{part}", args=[uuid.uuid4()])).status_code == 404


def test_another_accounts_attestation_cannot_be_revoked_or_decided(make, stranger: Account) -> None:
    submission = make(State.HELD)
    client = Client()
    client.force_login(stranger)
    assert client.post(reverse("attestation-revoke", args=[submission.pk])).status_code == 404
    decided = client.post(reverse("review-decide", args=[submission.pk]), {"decision": "approve"})
    assert decided.status_code == 404
    submission.refresh_from_db()
    assert submission.state == State.HELD


@pytest.mark.parametrize("name", ["attest", "verify", "keys", "login", "logout"])
def test_a_form_without_its_token_is_refused(account: Account, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    if name != "login":
        client.force_login(account)
    answer = client.post(reverse(name), {"kind": "text", "text": "hello", "source_type": "human"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()
    assert not Submission.objects.exists()


@pytest.mark.parametrize("name", ["home", "verify", "attest", "keys", "nowhere"])
def test_every_page_forbids_inline_and_foreign_code(logged_in: Client, name: str) -> None:
    answer = logged_in.get("/nowhere" if name == "nowhere" else reverse(name))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    body = answer.content.decode()
    assert "style=" not in body
    assert "<script>" not in body
    assert " onclick" not in body


def test_pages_of_an_account_are_not_kept_by_caches(logged_in: Client) -> None:
    assert "no-store" in logged_in.get(reverse("attest"))["Cache-Control"]


def test_an_unknown_address_is_a_page_and_under_the_api_a_problem(house) -> None:
    page = Client().get("/nowhere")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()


def test_an_error_shows_nothing_of_itself(house, account: Account, monkeypatch) -> None:
    from service.portal.views import home

    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(home, "render", broken)
    client = Client(raise_request_exception=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "secret of the house" not in answer.content.decode()


def test_the_banner_names_what_lends_no_trust(house) -> None:
    body = Client().get("/").content.decode()
    assert "Local chain: no independent trust" in body
    assert "Development certificate" in body


def test_a_login_with_a_wrong_password_says_so_once(account: Account) -> None:
    answer = Client().post(reverse("login"), {"username": "newsroom", "password": "wrong"})
    assert "do not go together" in answer.content.decode()


def test_a_login_never_leads_to_another_site(account: Account) -> None:
    form = {"username": "newsroom", "password": "a long enough password", "next": "https://evil.example/"}
    assert Client().post(reverse("login"), form)["Location"] == reverse("attest")


def test_logging_out_takes_a_post(logged_in: Client) -> None:
    assert logged_in.get(reverse("logout")).status_code == 405
    assert logged_in.post(reverse("logout"))["Location"] == reverse("verify")
    assert logged_in.get(reverse("attest")).status_code == 302
