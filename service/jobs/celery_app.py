"""The same jobs over a broker: a message carries a job's id, the row stays the truth."""

from datetime import timedelta
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.utils import timezone

from service.models import Job

STALE = timedelta(seconds=60)

app = Celery("assay", broker=settings.CONFIG.broker_url or None)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
)


@app.task(name="assay.run_job")  # type: ignore[untyped-decorator]
def run_job(job_id: int) -> str | None:
    """Lease one job and run it; a message for a job that is done, taken or not due is nothing to do."""
    from service.jobs.runner import run_job as run

    state = run(job_id)
    return str(state) if state else None


def send(job_id: int) -> None:
    """Publish one job and note when; a broker that is down is left to the sweeper."""
    Job.objects.filter(pk=job_id).update(dispatched_at=timezone.now())
    try:
        run_job.apply_async((job_id,), retry=False, ignore_result=True)
    except run_job.OperationalError:
        Job.objects.filter(pk=job_id).update(dispatched_at=None)


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _after_fork(**_: Any) -> None:
    """Connections do not survive a fork; wiring makes everything else afresh in each child."""
    from django.db import connections

    connections.close_all()
