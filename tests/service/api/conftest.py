"""Accounts, keys, a client that enforces CSRF, and small real files."""

import io
import json
import shutil
import uuid
from dataclasses import replace

import numpy as np
import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from PIL import Image

from service import accounts, pipeline, wiring
from service.intake import incoming
from service.models import Account

PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def fresh():
    """No request was counted yet, and what lies in files and memory is as empty as the tables."""
    cache.clear()
    shutil.rmtree(wiring.tile_store().root, ignore_errors=True)
    # Item numbers begin again with each test's rows, so an index must not outlive them.
    shutil.rmtree(settings.DATA_DIR / "index", ignore_errors=True)
    wiring.live_index.cache_clear()
    yield
    cache.clear()


def _account(name=None, **more):
    return Account.objects.create_user(
        username=name or uuid.uuid4().hex[:12], password="long enough 1", **more
    )


@pytest.fixture
def account(db):
    return _account("ada")


@pytest.fixture
def other(db):
    return _account("bob")


@pytest.fixture
def moderator(db):
    return _account("mod", is_staff=True)


@pytest.fixture
def key_for():
    def make(account, *scopes, days=1):
        key, secret = accounts.create_key(account, "test", scopes or accounts.SCOPES, days)
        return key, {"HTTP_AUTHORIZATION": f"Bearer {secret}"}

    return make


@pytest.fixture
def keyed(account, key_for):
    """Headers of a key of `account` with every scope."""
    return key_for(account)[1]


@pytest.fixture
def api(db):
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def nothing_left():
    """After the test, no upload lies about."""
    yield
    assert list(wiring.incoming_folder().iterdir()) == []
    assert list(wiring.work_folder().iterdir()) == []


def _jpeg(seed=0, size=(96, 64)):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (8, 12, 3), dtype=np.uint8))
    out = io.BytesIO()
    small.resize(size).save(out, "JPEG", quality=90)
    return out.getvalue()


def _upload(data, name="photo.jpg", content_type="image/jpeg"):
    file = io.BytesIO(data)
    file.name = name
    file.content_type = content_type
    return file


def _problem(response, status, code):
    """The problem in `response`, checked against RFC 9457 and what we promise of it."""
    assert response["Content-Type"] == PROBLEM, response.content[:500]
    body = json.loads(response.content)
    assert (response.status_code, body["code"]) == (status, code), body
    assert body["status"] == status
    assert body["type"] == f"/api/v1/problems/{code}"
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("urn:uuid:")
    assert b"Traceback" not in response.content
    return body


def _attest_now(account, data=None, name="photo.jpg", source_type="human"):
    """An attestation of `account`, signed and in the log."""
    with incoming([data or _jpeg(1)], name) as asset:
        submission = pipeline.submit(account, asset, pipeline.AttestRequest(source_type, name))
    pipeline.advance(str(submission.pk))
    pipeline.seal()
    submission.refresh_from_db()
    return submission


@pytest.fixture
def rate(monkeypatch):
    def limit(per_minute):
        monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, rate_per_minute=per_minute))

    return limit


@pytest.fixture
def jpeg():
    return _jpeg


@pytest.fixture
def upload():
    return _upload


@pytest.fixture
def problem():
    return _problem


@pytest.fixture
def attest_now():
    return _attest_now
