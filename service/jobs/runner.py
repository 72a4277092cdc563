"""Runs leased jobs: calls one function per kind, renews the lease meanwhile, records how it ended."""

import errno
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import Error as DatabaseError

from provenance.errors import SignerUnavailable
from service import job_table as table
from service import pipeline, upkeep, webhooks
from service.errors import KNOWN_ERRORS
from service.models import JobState
from service.wiring import config

log = logging.getLogger(__name__)
_FULL = "storage_full"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
HEARTBEAT_SECONDS = table.LEASE.total_seconds() / 3


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of job does; `every` is the period in seconds of a recurring one."""

    run: Callable[[str], object]
    every: float | None = None
    give_up: Callable[[str, str, str], object] | None = None


def kinds() -> dict[str, Kind]:
    """Every kind of job, by name."""
    settings = config()
    outside = settings.tsa_urls or settings.ots_calendars
    return {
        pipeline.ATTEST: Kind(pipeline.advance, give_up=pipeline.give_up),
        "seal": Kind(lambda _: pipeline.seal(), every=settings.seal_seconds),
        # Each chain has its own, so that a slow one holds up no other.
        **{
            pipeline.anchor_job(place): Kind(partial(_anchor, place), every=settings.anchor_seconds)
            for place in range(max(1, len(settings.chains)))
        },
        "snapshot": Kind(lambda _: upkeep.snapshot(), every=60.0),
        "sweep": Kind(lambda _: upkeep.sweep(), every=15.0),
        # With nobody to ask they do not recur; a row from a time when there was somebody just ends.
        "cosign": Kind(
            lambda _: pipeline.cosign(), every=settings.witness_seconds if settings.witnesses else None
        ),
        "stamp": Kind(lambda _: pipeline.stamp(), every=settings.timestamp_seconds if outside else None),
        "webhooks": Kind(lambda _: webhooks.collect(), every=2.0),
        webhooks.DELIVER: Kind(webhooks.deliver, give_up=webhooks.go_on),
    }


def _anchor(place: int, _: str) -> int:
    return pipeline.anchor(place)


def ensure_recurring() -> None:
    """Make sure that every recurring job has its row."""
    for name, kind in kinds().items():
        if kind.every is not None:
            table.enqueue(name)


def mind_the_clock() -> None:
    """Raise the alarm, and go on, where the clock ran ahead and was set back: jobs lie far in the future."""
    periods = (kind.every for kind in kinds().values() if kind.every is not None)
    moved = table.pull_back(timedelta(seconds=max(table.LONGEST_RETRY_SECONDS, *periods) + 60.0))
    if moved:
        log.warning("clock_went_back: %s jobs were due later than any can be; they are due now", moved)


@contextmanager
def _kept_alive(lease: table.Lease) -> Iterator[None]:
    stop = threading.Event()

    def beat() -> None:
        from django.db import connection

        try:
            while not stop.wait(HEARTBEAT_SECONDS):
                try:
                    if not table.heartbeat(lease):
                        return
                except DatabaseError:
                    log.warning("job %s: heartbeat failed, trying again", lease.job_id)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{lease.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(lease: table.Lease) -> JobState:
    """Run one leased job to its end: done, back in the queue, or poisoned with its error kept."""
    kind = kinds().get(lease.kind)
    if kind is None:
        return table.fail(lease, "unknown_kind", f"No such kind of job: {lease.kind}.", permanent=True)
    try:
        with _kept_alive(lease):
            kind.run(lease.subject)
    except Exception as error:  # noqa: BLE001 - whatever it was, the job keeps it
        return _failed(lease, kind, _trouble(lease, error))
    if kind.every is not None:
        table.repeat(lease, kind.every)
        return JobState.QUEUED
    table.finish(lease)
    return JobState.DONE


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What a job failed with; an `outage` takes the time it takes and costs no tries."""

    code: str
    sentence: str
    permanent: bool = False
    outage: bool = False


def _trouble(lease: table.Lease, error: Exception) -> _Trouble:
    if isinstance(error, KNOWN_ERRORS):
        away = isinstance(error, SignerUnavailable | webhooks.DeliveryFailed)
        outage = away or error.code == _FULL
        return _Trouble(error.code, str(error), permanent=error.permanent, outage=outage)
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return _Trouble(_FULL, "The storage is full.", outage=True)
    log.error("job %s (%s %s) failed", lease.job_id, lease.kind, lease.subject, exc_info=error)
    return _Trouble("internal_error", f"{type(error).__name__}: {error}")


def _failed(lease: table.Lease, kind: Kind, trouble: _Trouble) -> JobState:
    code, sentence = trouble.code, trouble.sentence
    if kind.every is not None:
        # A recurring job is never poisoned: it says what is wrong and comes again, less and less often.
        log.warning("%s: %s (%s)", lease.kind, sentence, code)
        return table.fail_recurring(lease, code, sentence)
    state = table.fail(lease, code, sentence, permanent=trouble.permanent, outage=trouble.outage)
    if state is JobState.POISONED and kind.give_up is not None:
        kind.give_up(lease.subject, code, sentence)
    log.info("job %s (%s): %s, %s (%s)", lease.job_id, lease.kind, state, sentence, code)
    return state


def run_job(job_id: int) -> JobState | None:
    """Lease this job and run it; None when it is not due or somebody else has it (what a broker calls)."""
    lease = table.lease_one(job_id, table.new_owner())
    return run(lease) if lease else None


def run_until_idle(owner: str | None = None, *, limit: int = 100_000) -> int:
    """Run due jobs in this thread until none is due; the number run. Recurring jobs run once each."""
    me = owner or table.new_owner()
    for count in range(limit):
        lease = table.lease_next(me)
        if lease is None:
            return count
        run(lease)
    return limit
