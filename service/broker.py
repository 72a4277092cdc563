"""Sends a job's id to the broker; what runs it is service.jobs.celery_app."""

from datetime import timedelta

from celery import Celery
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from service.models import Job

TASK = "assay.run_job"
STALE = timedelta(seconds=60)

app = Celery("assay", broker=settings.CONFIG.broker_url or None)
app.conf.update(
    task_ignore_result=True,
    task_default_queue=settings.CONFIG.broker_queue,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 5},
)


def send(job_id: int) -> None:
    """Publish one job and note when; a broker that is down is left to the sweeper."""
    Job.objects.filter(pk=job_id).update(dispatched_at=timezone.now())
    try:
        app.send_task(TASK, (job_id,), retry=False, ignore_result=True)
    except OperationalError:
        Job.objects.filter(pk=job_id).update(dispatched_at=None)
