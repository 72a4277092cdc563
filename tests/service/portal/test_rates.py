"""Who asks too often waits: passwords cannot be guessed by the thousand, nor the verify page worn out."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from service.models import Account
from service.portal.views import session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Noon of one day: a test must not straddle two windows.
    monkeypatch.setattr("service.rate.time.time", lambda: 1_800_000_000.0)
    cache.clear()
    yield
    cache.clear()


def log_in(client: Client, password: str, address: str = "192.0.2.1") -> Any:
    return client.post("/login", {"username": "editor", "password": password}, REMOTE_ADDR=address)


def test_after_ten_wrong_passwords_even_the_right_one_waits(client: Client) -> None:
    Account.objects.create_user("editor", password="a long enough password")
    for _ in range(session.WRONG_FROM_AN_ADDRESS):
        assert "do not go together" in log_in(client, "wrong").content.decode()
    assert "too often" in log_in(client, "a long enough password").content.decode()
    assert log_in(client, "a long enough password", address="192.0.2.9").status_code == 302


def test_one_name_cannot_be_tried_from_everywhere(client: Client) -> None:
    for number in range(session.WRONG_FOR_A_NAME):
        log_in(client, "wrong", address=f"198.51.100.{number}")
    assert "too often" in log_in(client, "wrong", address="203.0.113.7").content.decode()


def test_the_verify_page_has_the_rate_of_the_api(client: Client, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, rate_per_minute=2)
    answers = [client.post("/verify", {"kind": "text", "text": ""}).status_code for _ in range(3)]
    assert answers == [422, 422, 429]


def test_signing_in_rightly_is_not_counted(client: Client) -> None:
    Account.objects.create_user("editor", password="a long enough password")
    for _ in range(session.WRONG_FROM_AN_ADDRESS + 2):
        assert log_in(client, "a long enough password").status_code == 302
        client.logout()
