"""API keys: shown once, kept as a digest, scoped, expiring, revocable."""

from datetime import timedelta

import pytest
from django.utils import timezone

from service import accounts
from service.errors import ServiceError
from service.models import Account, ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return Account.objects.create_user("newsroom")


def test_a_key_opens_what_its_scopes_say(account: Account) -> None:
    key, secret = accounts.create_key(account, "ci", ["attest", "verify"])
    found = accounts.authenticate(secret)
    assert found is not None
    assert found.pk == key.pk
    assert found.scopes == ["attest", "verify"]


def test_the_secret_is_not_kept(account: Account) -> None:
    key, secret = accounts.create_key(account, "ci", ["attest"])
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret.rsplit("_", 1)[1] not in str(row)


@pytest.mark.parametrize(
    "wrong", ["", "assay_", "assay_x_y", "Bearer", "assay_" + "0" * 12 + "_" + "a" * 43, "é" * 50]
)
def test_a_wrong_secret_opens_nothing(account: Account, wrong: str) -> None:
    accounts.create_key(account, "ci", ["attest"])
    assert accounts.authenticate(wrong) is None


def test_a_right_prefix_with_a_wrong_secret_opens_nothing(account: Account) -> None:
    _, secret = accounts.create_key(account, "ci", ["attest"])
    assert accounts.authenticate(secret[:-1] + ("a" if secret[-1] != "a" else "b")) is None


def test_an_expired_key_opens_nothing(account: Account) -> None:
    key, secret = accounts.create_key(account, "ci", ["attest"], days=1)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert accounts.authenticate(secret) is None


def test_a_revoked_key_opens_nothing(account: Account) -> None:
    key, secret = accounts.create_key(account, "ci", ["attest"])
    accounts.revoke_key(key)
    assert accounts.authenticate(secret) is None


def test_a_disabled_account_has_no_live_key(account: Account) -> None:
    _, secret = accounts.create_key(account, "ci", ["attest"])
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert accounts.authenticate(secret) is None


@pytest.mark.parametrize("scopes", [[], ["root"], ["attest", "everything"]])
def test_an_unknown_scope_is_refused(account: Account, scopes: list[str]) -> None:
    with pytest.raises(ServiceError) as caught:
        accounts.create_key(account, "ci", scopes)
    assert caught.value.code == "unknown_scope"
