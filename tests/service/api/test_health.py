"""Alive, ready, and counted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from attest.models import Deployment
from service import wiring
from service.api import metrics
from service.models import Job, WorkerBeat


@pytest.fixture
def beat(db):
    return WorkerBeat.objects.create(name="w", pid=1, ready=True, seen_at=timezone.now())


@pytest.fixture
def configured(monkeypatch):
    def configure(**changes):
        config = replace(settings.CONFIG, **changes)
        monkeypatch.setattr(wiring, "config", lambda: config)

    return configure


@pytest.fixture
def warm(monkeypatch, configured):
    monkeypatch.setattr(wiring, "is_warm", lambda: True)
    configured(chain_rpc_url="")


def test_alive_asks_nothing_of_the_database(api, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = api.get("/healthz")
    assert response.json() == {"status": "alive"}


def test_ready_when_every_check_passes(api, beat, warm):
    response = api.get("/readyz")
    body = response.json()
    assert response.status_code == 200, body
    assert body["ready"]
    assert set(body["checks"]) == {"database", "models", "worker", "registry"}


def test_not_ready_before_the_models_are_loaded(api, beat, warm, monkeypatch):
    monkeypatch.setattr(wiring, "is_warm", lambda: False)
    response = api.get("/readyz")
    assert response.status_code == 503
    assert [name for name, check in response.json()["checks"].items() if not check["ok"]] == ["models"]


@pytest.mark.parametrize("change", [{"ready": False}, {"seen_at": timezone.now() - timedelta(seconds=20)}])
def test_not_ready_without_a_live_worker(api, beat, warm, change):
    WorkerBeat.objects.update(**change)
    response = api.get("/readyz")
    assert response.status_code == 503
    assert not response.json()["checks"]["worker"]["ok"]


def test_not_ready_until_the_registry_is_deployed(api, beat, warm, configured):
    configured(chain_rpc_url="http://127.0.0.1:1", chain_ids=(31337,))
    assert api.get("/readyz").status_code == 503
    Deployment.objects.create(chain_id=31337, address="0x" + "1" * 40, log_id="0x" + "2" * 64)
    assert api.get("/readyz").status_code == 200


def test_a_database_that_does_not_answer_is_red_and_not_a_crash(api, beat, warm, monkeypatch):
    def down(*_):
        raise OperationalError("connection refused: postgres://user:secret@host")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", down)
        response = api.get("/readyz")
        scrape = api.get("/metrics")
        assert api.get("/healthz").status_code == 200
    assert response.status_code == 503
    assert not response.json()["checks"]["database"]["ok"]
    assert b"secret" not in response.content
    assert b"assay_database_up 0.0" in scrape.content


def test_metrics_count_states_and_requests(api, db):
    Job.objects.create(kind="seal", state="queued")
    Job.objects.create(kind="anchor", state="poisoned")
    api.get("/healthz")
    body = api.get("/metrics").content.decode()
    assert 'assay_jobs{state="queued"} 1.0' in body
    assert 'assay_jobs{state="poisoned"} 1.0' in body
    assert 'assay_submissions{state="anchored"} 0.0' in body
    assert "assay_leaves 0.0" in body
    assert "assay_database_up 1.0" in body
    assert 'assay_requests_total{method="GET",route="healthz",status="200"}' in body


def test_metrics_never_name_an_id_or_a_stranger_path(api, db):
    api.get("/api/v1/attestations/7d4ab1c2-0000-4000-8000-000000000000")
    api.get("/api/v1/range/abcde")
    api.get("/api/secret-path")
    body = metrics.exposition()[0].decode()
    for word in ("7d4ab1c2", "abcde", "secret-path"):
        assert word not in body
