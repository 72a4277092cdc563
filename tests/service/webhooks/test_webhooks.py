"""An account's server hears of every attestation: signed, in order, at least once, under one id."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from provenance.fetching.addresses import is_public
from service import job_table as table
from service import pipeline, webhooks
from service.cli import local
from service.cli.progress import Steps
from service.errors import ServiceError
from service.jobs import runner
from service.models import Account, Job, JobState, State, Submission, Webhook, WebhookMessage
from service.pipeline import AttestRequest
from service.webhooks import delivery

pytestmark = pytest.mark.network


class Listener:
    """Somebody's server: keeps what it is sent and answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status = listener.answers.pop(0) if listener.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def listener(monkeypatch: Any) -> Iterator[Listener]:
    made = Listener()
    monkeypatch.setattr(delivery, "ALLOWED", lambda _: True)
    yield made
    made.close()


@pytest.fixture
def hook(house: Path, account: Account, listener: Listener) -> Webhook:
    return webhooks.subscribe(account, listener.url)


def attest(account: Account, tmp_path: Path, text: str = "A ferry leaves at noon.") -> Submission:
    path = tmp_path / f"{abs(hash(text))}.txt"
    path.write_text(text)
    row = local.submit(account, path, AttestRequest("human", text[:20]))
    return local.drive(row, Steps())


def turn() -> None:
    """What the worker does each two seconds, and the job that follows."""
    webhooks.collect()
    Job.objects.filter(kind=webhooks.DELIVER).update(run_at=timezone.now())
    lease = table.lease_next("test")
    while lease is not None:
        if lease.kind != webhooks.DELIVER:
            lease = table.lease_next("test")
            continue
        runner.run(lease)
        return


def test_an_attestation_is_told_of_once_and_signed(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    row = attest(account, tmp_path)
    turn()
    turn()
    assert listener.events() == ["attestation.logged"]
    headers, body = listener.got[0]
    said = Receiver(hook.secret).verify(body, headers)
    assert said["data"]["id"] == str(row.pk)
    assert said["data"]["leaf_index"] == row.leaf_index
    assert headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Receiver(hook.secret).verify(body.replace(b"logged", b"revoked"), headers)
    with pytest.raises(WebhookVerificationError):
        Receiver("whsec_" + "A" * 44).verify(body, headers)


def test_a_revocation_and_a_refusal_are_told_of(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    pipeline.revoke(attest(account, tmp_path), "mistaken")
    failed = attest(account, tmp_path, "Another text about boats.")
    Submission.objects.filter(pk=failed.pk).update(
        state=State.FAILED, error_code="worker_died", error="The worker died.", leaf_index=None
    )
    turn()
    assert set(listener.events()) == {"attestation.logged", "attestation.revoked", "attestation.failed"}
    said = [json.loads(body)["data"] for _, body in listener.got]
    assert {"code": "worker_died", "sentence": "The worker died."} in [each["error"] for each in said]


def test_held_anchored_and_final_are_told_of(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path, monkeypatch: Any
) -> None:
    row = attest(account, tmp_path)
    Submission.objects.filter(pk=row.pk).update(state=State.HELD, updated_at=timezone.now())
    turn()
    Submission.objects.filter(pk=row.pk).update(state=State.ANCHORED, updated_at=timezone.now())
    turn()
    assert listener.events() == ["attestation.held", "attestation.logged", "attestation.anchored"]
    monkeypatch.setattr("service.webhooks.events.final_size", lambda: 1)
    turn()
    turn()
    assert listener.events()[3:] == ["attestation.final"]


def test_a_server_that_is_away_gets_the_same_message_later(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    attest(account, tmp_path)
    listener.answers = [503, 302, 429]
    for _ in range(4):
        turn()
    assert len(listener.got) == 4
    assert len({headers["webhook-id"] for headers, _ in listener.got}) == 1
    assert len({body for _, body in listener.got}) == 1
    hook.refresh_from_db()
    assert (hook.failing_since, hook.last_error) == (None, "")
    assert hook.delivered_at is not None
    turn()
    assert len(listener.got) == 4


def test_a_failure_is_shown_and_tried_again_with_back_off(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    attest(account, tmp_path)
    listener.answers = [500]
    turn()
    hook.refresh_from_db()
    assert hook.last_error == "The server answered 500."
    job = Job.objects.get(kind=webhooks.DELIVER)
    assert (job.state, job.error_code) == (JobState.QUEUED, "webhook_not_delivered")
    assert job.run_at > timezone.now()


def test_a_message_that_the_server_does_not_want_holds_up_no_other(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    attest(account, tmp_path)
    attest(account, tmp_path, "Another text about boats.")
    listener.answers = [400, 204, *[400] * 20]
    for _ in range(delivery.MOST_REFUSALS + 3):
        turn()
    ids = [headers["webhook-id"] for headers, _ in listener.got]
    assert ids[0] != ids[1]
    assert ids.count(ids[0]) == delivery.MOST_REFUSALS
    assert not WebhookMessage.objects.filter(done_at=None).exists()


def test_after_four_days_without_an_answer_or_at_410_it_is_disabled_and_says_so(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    attest(account, tmp_path)
    Webhook.objects.update(failing_since=timezone.now() - delivery.PATIENCE - timedelta(hours=1))
    listener.answers = [500]
    turn()
    hook.refresh_from_db()
    assert hook.disabled_at is not None
    assert webhooks.described(hook)["disabled_at"]
    assert webhooks.described(hook)["waiting"] == 1
    turn()
    assert len(listener.got) == 1
    again = webhooks.subscribe(account, listener.url)
    listener.answers = [410]
    attest(account, tmp_path, "Another text about boats.")
    turn()
    again.refresh_from_db()
    assert again.disabled_at is not None


def test_the_job_tables_own_impatience_does_not_end_it(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path
) -> None:
    attest(account, tmp_path)
    webhooks.collect()
    Job.objects.filter(kind=webhooks.DELIVER).update(created_at=timezone.now() - timedelta(days=9))
    listener.answers = [500]
    turn()
    assert Job.objects.get(kind=webhooks.DELIVER).state == JobState.QUEUED
    turn()
    assert listener.events() == ["attestation.logged"] * 2


def test_nothing_is_told_of_what_was_attested_before_but_its_revocation(
    house: Path, account: Account, listener: Listener, tmp_path: Path
) -> None:
    before = attest(account, tmp_path)
    webhooks.subscribe(account, listener.url)
    turn()
    assert listener.got == []
    pipeline.revoke(before, "mistaken")
    turn()
    assert listener.events() == ["attestation.revoked"]


def test_others_attestations_are_not_told_of(hook: Webhook, listener: Listener, tmp_path: Path) -> None:
    attest(Account.objects.create_user("another", password="a long enough password"), tmp_path)
    turn()
    assert listener.got == []


def test_an_address_inside_our_own_network_is_never_asked(
    hook: Webhook, account: Account, listener: Listener, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(delivery, "ALLOWED", is_public)
    attest(account, tmp_path)
    turn()
    assert listener.got == []
    hook.refresh_from_db()
    assert "blocked_address" in hook.last_error


@pytest.mark.parametrize("url", ["ftp://example.org/", "nonsense", "https://user:secret@example.org/", ""])
def test_an_address_that_cannot_be_one_is_refused(house: Path, account: Account, url: str) -> None:
    with pytest.raises(ServiceError) as refused:
        webhooks.subscribe(account, url)
    assert refused.value.code == "invalid_webhook_url"
