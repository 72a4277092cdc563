"""The same jobs over a broker: a message carries a job's id, the row stays the truth.

Started as `celery -A service.jobs.celery_app worker` by the supervisor when BROKER_URL is set.
"""

from typing import Any

import django
from celery import signals
from django.apps import apps

if not apps.ready:
    django.setup()

from service.broker import TASK, app

__all__ = ["app", "run_job"]


@app.task(name=TASK)  # type: ignore[untyped-decorator]
def run_job(job_id: int) -> str | None:
    """Lease one job and run it; a message for a job that is done, taken or not due is nothing to do."""
    from service.jobs.runner import run_job as run

    state = run(job_id)
    return str(state) if state else None


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _after_fork(**_: Any) -> None:
    """Connections do not survive a fork; wiring makes everything else afresh in each child."""
    from django.db import connections

    connections.close_all()
