"""What keeps the house in order: re-queues what was lost, snapshots indexes, sweeps what nobody needs."""

import logging
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from detector.flows.tie_again import tie_again
from service import job_table as table
from service import pipeline, wiring
from service.models import Job, JobState, Submission
from service.stages import STAGES

log = logging.getLogger(__name__)
ABANDONED_SECONDS = 3600


def snapshot() -> None:
    """Write the index to disk, so that the next start need not rebuild it, and mend campaigns after
    deletions."""
    live = wiring.live_index()
    tie_again(live)
    live.snapshot()


def sweep() -> None:
    """Find what fell through: submissions without a live job, dead workers' leases, leftover files."""
    table.release_dead()
    _requeue_orphans()
    _give_up_poisoned()
    table.forget_done(timedelta(days=1))
    _remove_leftovers()


def _requeue_orphans() -> None:
    # Grace: submission and job are written together, but an approval may race a finishing job.
    settled = timezone.now() - timedelta(seconds=10)
    waiting = Submission.objects.filter(state__in=list(STAGES), updated_at__lt=settled)
    for pk in waiting.values_list("pk", flat=True)[:1000]:
        job = Job.objects.filter(kind=pipeline.ATTEST, subject=str(pk)).first()
        if job is None or job.state == JobState.DONE:
            log.info("submission %s had no live job; queued again", pk)
            wiring.dispatch(table.enqueue(pipeline.ATTEST, str(pk)).pk)


def _give_up_poisoned() -> None:
    # Poisoned jobs are kept, so there may be many; only those whose submission still waits are looked at.
    poisoned = Job.objects.filter(kind=pipeline.ATTEST, state=JobState.POISONED)
    subjects = list(poisoned.values_list("subject", flat=True))
    for start in range(0, len(subjects), 500):
        waiting = Submission.objects.filter(pk__in=subjects[start : start + 500], state__in=list(STAGES))
        for pk in waiting.values_list("pk", flat=True):
            job = poisoned.filter(subject=str(pk)).first()
            if job is not None:
                pipeline.give_up(job.subject, job.error_code, job.error)


def _remove_leftovers() -> None:
    """Temporary files of requests and stages that were killed in the middle."""
    cutoff = time.time() - ABANDONED_SECONDS
    for folder in (wiring.incoming_folder(), wiring.work_folder()):
        # Innermost first, so that a folder is empty by the time it is looked at.
        for path in sorted(folder.rglob("*"), reverse=True):
            _remove_if_old(path, cutoff)


def _remove_if_old(path: Path, cutoff: float) -> None:
    # Requests and stages remove their own files meanwhile, and a folder that is in use is not empty.
    with suppress(OSError):
        if path.lstat().st_mtime >= cutoff:
            return
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
