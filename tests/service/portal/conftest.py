"""Accounts and submissions for the portal's tests."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from provenance.models import StoredAsset
from service.models import Account, State, Submission


@pytest.fixture
def stranger(house: Path) -> Account:
    return Account.objects.create_user("stranger", password="another long password")


@pytest.fixture
def reviewer(house: Path) -> Account:
    return Account.objects.create_user("reviewer", password="a reviewer's password", is_staff=True)


@pytest.fixture
def logged_in(account: Account) -> Client:
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def reviewing(reviewer: Account) -> Client:
    client = Client()
    client.force_login(reviewer)
    return client


def stored(content: bytes, name: str = "picture.jpg") -> StoredAsset:
    digest = hashlib.sha256(content).hexdigest()
    return StoredAsset.objects.get_or_create(
        sha256=digest,
        defaults={
            "size": len(content),
            "media_type": "image/jpeg",
            "medium": "image",
            "name": name,
            "key": f"{digest[:2]}/{digest}",
        },
    )[0]


Make = Callable[..., Submission]


@pytest.fixture
def make(account: Account) -> Make:
    """A submission as a row alone, in any state, with no bytes behind it."""

    def made(state: State = State.RECEIVED, owner: Account | None = None, **values: Any) -> Submission:
        defaults: dict[str, Any] = {"source_type": "human", "title": "A picture", "request_sha256": "0" * 64}
        return Submission.objects.create(
            account=owner or account, state=state, asset=stored(b"bytes"), **(defaults | values)
        )

    return made


@pytest.fixture
def held(make: Make, account: Account, stranger: Account) -> Submission:
    """A held submission of the stranger's that resembles one of the account's."""
    original = make(State.LOGGED, title="The original")
    match = {
        "item": "1",
        "score": 0.95,
        "distance": 12.0,
        "method": "pdq/1",
        "threshold": 31.0,
        "why": "Looks the same: 12 of 256 PDQ bits differ, up to 31 count as a copy.",
        "subject": str(original.pk),
        "tenant": str(account.pk),
    }
    return make(
        State.HELD,
        stranger,
        title="A copy",
        similarity={"matches": [match], "campaign": None, "degraded": False, "methods": ["pdq/1"]},
        reasons=[{"code": "near_duplicate_of_other", "sentence": "Another account attested this earlier."}],
        action="review",
    )
