"""`assay apikey`: printed once, listed without its secret, revoked for good."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from service import accounts
from service.models import Account, ApiKey


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("apikey", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_new_key_is_the_only_thing_on_standard_output(house: Path) -> None:
    out, err = run("create", "ci", "--scope", "attest")
    key = accounts.authenticate(out.strip())
    assert key is not None
    assert key.scopes == ["attest"]
    assert out.strip() not in err
    assert out.strip() not in run("list")[0]
    assert out.strip() not in run("list", "--json")[0]


def test_a_key_belongs_to_the_first_administrator_or_to_whom_it_is_said(house: Path, account: Any) -> None:
    run("create", "before")
    assert ApiKey.objects.get(name="before").account.username == "local"
    Account.objects.create_superuser("chief", password="a long enough password")
    run("create", "after")
    assert ApiKey.objects.get(name="after").account.username == "chief"
    run("create", "theirs", "--account", "newsroom")
    assert ApiKey.objects.get(name="theirs").account == account


def test_nobody_can_log_in_as_the_local_account(house: Path) -> None:
    run("create", "ci")
    assert not Account.objects.get(username="local").has_usable_password()


def test_a_revoked_key_opens_nothing(house: Path) -> None:
    secret = run("create", "ci")[0].strip()
    run("revoke", "ci")
    assert accounts.authenticate(secret) is None
    assert json.loads(run("list", "--json")[0])["state"] == "revoked"


def test_a_key_may_last_for_ever_or_some_days(house: Path) -> None:
    run("create", "ever", "--days", "0")
    run("create", "week", "--days", "7")
    assert ApiKey.objects.get(name="ever").expires_at is None
    assert ApiKey.objects.get(name="week").expires_at is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "x", "--scope", "root"],
        ["create", ""],
        ["create", "x", "--days", "-1"],
        ["create", "x", "--account", "nobody"],
        ["revoke", "nothing"],
        [],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_one_sentence(house: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as found:
        run(*arguments)
    assert found.value.returncode in (1, 2)
    assert not ApiKey.objects.exists()


def test_a_name_that_two_keys_share_revokes_neither(house: Path) -> None:
    run("create", "twin")
    run("create", "twin")
    with pytest.raises(CommandError, match="Several"):
        run("revoke", "twin")
    assert ApiKey.objects.filter(revoked_at=None).count() == 2
