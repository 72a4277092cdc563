"""The same stages run as Celery tasks over a real broker, and a broker that forgets loses nothing."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from service import pipeline
from service.intake import incoming_text
from service.models import Account, Job, JobState, State, Submission

ROOT = Path(__file__).resolve().parent.parent.parent
BROKERS = {
    "rabbitmq": os.environ.get("ASSAY_TEST_AMQP", "amqp://guest:guest@127.0.0.1:5672//"),
    "redis": os.environ.get("ASSAY_TEST_REDIS", "redis://127.0.0.1:6379/9"),
}

pytestmark = [pytest.mark.network, pytest.mark.slow]


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> str:
    url = BROKERS[request.param]
    if not answers(url):
        pytest.skip(f"no {request.param} answers at {url}")
    return url


@pytest.fixture
def celery_worker(house: Path, broker: str) -> Iterator[Path]:
    """A real Celery worker and the process that feeds the broker, on this test's tables and folder."""
    if connection.vendor != "sqlite":
        pytest.skip("the worker is pointed at the test's SQLite file")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
        "ASSAY_DATA_DIR": str(house),
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "BROKER_URL": broker,
    }
    queue = f"assay-test-{os.getpid()}-{urlsplit(broker).scheme}"
    environment["BROKER_QUEUE"] = queue
    worker = [sys.executable, "-m", "celery", "-A", "service.jobs.celery_app", "worker"]
    log = house / "worker.log"
    with log.open("wb") as out:
        children = [
            subprocess.Popen(
                [*worker, "--pool", "solo", "--loglevel", "INFO", "-Q", queue],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            ),
            subprocess.Popen(
                [sys.executable, "manage.py", "worker", "--sweep-only"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            ),
        ]
        try:
            yield log
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(timeout=60)


def wait_for(submissions: list[Submission], state: State, log: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    ids = [submission.pk for submission in submissions]
    while time.monotonic() < deadline:
        if Submission.objects.filter(pk__in=ids, state=state).count() == len(ids):
            return
        time.sleep(0.3)
    states = list(Submission.objects.filter(pk__in=ids).values_list("state", "error"))
    pytest.fail(f"{states}\n{log.read_text(errors='replace')[-4000:]}")


def test_submissions_are_carried_by_celery_to_a_checkpoint(celery_worker: Path, account: Account) -> None:
    submissions = []
    for number in range(3):
        with incoming_text(f"Report number {number}: the bridge over the river is open again.") as asset:
            submissions.append(
                pipeline.submit(account, asset, pipeline.AttestRequest("human", f"Report {number}"))
            )
    wait_for(submissions, State.LOGGED, celery_worker)
    # Seen as dispatched: it was the broker that carried them, and no embedded worker ran here.
    kinds = Job.objects.filter(kind=pipeline.ATTEST)
    assert all(job.dispatched_at is not None and job.state == JobState.DONE for job in kinds)
