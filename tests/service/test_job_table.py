"""The lease table: who may run what, decided by conditional updates."""

from datetime import timedelta

import pytest
from django.utils import timezone

from service import job_table as table
from service.models import Job, JobState

pytestmark = pytest.mark.django_db


def test_a_job_is_leased_by_one_worker_only() -> None:
    job = table.enqueue("attest", "a")
    assert table.lease_one(job.pk, "one") is not None
    assert table.lease_one(job.pk, "two") is None


def test_asking_twice_for_the_same_work_is_one_job() -> None:
    assert table.enqueue("attest", "a").pk == table.enqueue("attest", "a").pk
    assert Job.objects.count() == 1


def test_asking_again_after_the_end_runs_it_again() -> None:
    job = table.enqueue("attest", "a")
    lease = table.lease_one(job.pk, "one")
    assert lease is not None
    assert table.finish(lease)
    table.enqueue("attest", "a")
    assert table.lease_next("two") is not None


def test_a_lapsed_lease_goes_to_another_worker_and_the_first_can_no_longer_finish() -> None:
    job = table.enqueue("attest", "a")
    first = table.lease_one(job.pk, "one")
    later = timezone.now() + table.LEASE + timedelta(seconds=1)
    second = table.lease_one(job.pk, "two", now=later)
    assert first is not None
    assert second is not None
    assert not table.finish(first)
    assert not table.heartbeat(first)
    assert table.finish(second)


def test_a_heartbeat_keeps_the_lease() -> None:
    job = table.enqueue("attest", "a", run_at=timezone.now() - timedelta(seconds=30))
    lease = table.lease_one(job.pk, "one", now=timezone.now() - timedelta(seconds=25))
    assert lease is not None
    assert table.heartbeat(lease)
    assert table.lease_one(job.pk, "two", now=timezone.now() + timedelta(seconds=10)) is None


def test_a_failure_waits_longer_each_time_and_is_poisoned_in_the_end_with_its_error_kept() -> None:
    job = table.enqueue("attest", "a")
    for attempt in range(1, table.MAX_ATTEMPTS + 1):
        Job.objects.filter(pk=job.pk).update(run_at=timezone.now())
        lease = table.lease_one(job.pk, "one")
        assert lease is not None
        assert lease.attempts == attempt
        state = table.fail(lease, "storage_full", "The disk is full.", permanent=False)
    job.refresh_from_db()
    assert state is JobState.POISONED
    assert (job.state, job.error_code, job.error) == (JobState.POISONED, "storage_full", "The disk is full.")
    assert table.lease_next("one") is None


def test_a_permanent_failure_is_not_tried_again() -> None:
    lease = table.lease_one(table.enqueue("attest", "a").pk, "one")
    assert lease is not None
    assert table.fail(lease, "broken_parent", "No.", permanent=True) is JobState.POISONED


def test_a_job_that_kills_its_worker_every_time_is_poisoned() -> None:
    job = table.enqueue("attest", "a")
    now = timezone.now()
    for _ in range(table.MAX_ATTEMPTS):
        assert table.lease_one(job.pk, "one", now=now) is not None
        now += table.LEASE + timedelta(seconds=1)
    assert table.lease_one(job.pk, "one", now=now) is None
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.POISONED, "worker_died")


def test_a_job_whose_every_worker_is_started_again_at_once_is_poisoned_too() -> None:
    job = table.enqueue("attest", "a")
    host = table.new_owner().split(":")[0]
    for _ in range(table.MAX_ATTEMPTS):
        assert table.lease_one(job.pk, f"{host}:999999999:dead") is not None
        assert table.release_dead() == 1
    assert table.lease_next("two") is None
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.POISONED, "worker_died")


def test_a_failure_after_the_lease_was_lost_is_not_the_jobs() -> None:
    job = table.enqueue("attest", "a")
    first = table.lease_one(job.pk, "one")
    second = table.lease_one(job.pk, "two", now=timezone.now() + table.LEASE + timedelta(seconds=1))
    assert first is not None
    assert second is not None
    assert table.fail(first, "broken_parent", "No.", permanent=True) is JobState.LEASED
    job.refresh_from_db()
    assert (job.state, job.lease_owner, job.error_code) == (JobState.LEASED, "two", "")


def test_a_recurring_job_comes_back_after_its_period() -> None:
    lease = table.lease_one(table.enqueue("seal").pk, "one")
    assert lease is not None
    assert table.repeat(lease, 60)
    assert table.lease_next("one") is None
    assert table.lease_next("one", now=timezone.now() + timedelta(seconds=61)) is not None


@pytest.mark.parametrize("attempts", [1, 2, 5, 20, 1000])
def test_the_wait_is_bounded(attempts: int) -> None:
    assert 0.5 <= table.retry_delay(attempts) <= table.LONGEST_RETRY_SECONDS


def test_leases_of_a_dead_process_are_given_back() -> None:
    job = table.enqueue("attest", "a")
    host = table.new_owner().split(":")[0]
    assert table.lease_one(job.pk, f"{host}:999999999:dead") is not None
    assert table.release_dead() == 1
    assert table.lease_next("two") is not None


def test_only_jobs_that_no_broker_carries_are_dispatched() -> None:
    job = table.enqueue("attest", "a")
    now = timezone.now()
    assert table.due_for_dispatch(now, timedelta(seconds=60)) == [job.pk]
    Job.objects.filter(pk=job.pk).update(dispatched_at=now)
    assert table.due_for_dispatch(now, timedelta(seconds=60)) == []
    assert table.due_for_dispatch(now + timedelta(seconds=61), timedelta(seconds=60)) == [job.pk]


def test_an_outage_of_somebody_else_costs_no_tries_and_ends_after_days() -> None:
    job = table.enqueue("attest", "a")
    for _ in range(table.MAX_ATTEMPTS + 3):
        Job.objects.filter(pk=job.pk).update(run_at=timezone.now())
        lease = table.lease_one(job.pk, "one")
        assert lease is not None
        assert table.fail(lease, "tsa_unavailable", "No authority answers.", outage=True) is JobState.QUEUED
    Job.objects.filter(pk=job.pk).update(
        run_at=timezone.now(), created_at=timezone.now() - table.OUTAGE_PATIENCE - timedelta(hours=1)
    )
    lease = table.lease_one(job.pk, "one")
    assert lease is not None
    assert table.fail(lease, "tsa_unavailable", "No authority answers.", outage=True) is JobState.POISONED


def test_a_job_asked_for_again_has_its_patience_anew() -> None:
    job = table.enqueue("attest", "a")
    lease = table.lease_one(job.pk, "one")
    assert lease is not None
    assert table.finish(lease)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=30))
    table.enqueue("attest", "a")
    again = table.lease_one(job.pk, "two")
    assert again is not None
    assert table.fail(again, "signer_token_gone", "The token is gone.", outage=True) is JobState.QUEUED


def test_what_a_clock_that_ran_a_day_ahead_wrote_is_due_again_once_it_is_right() -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    table.enqueue("seal", run_at=tomorrow)
    held = table.enqueue("attest", "a")
    assert table.lease_one(held.pk, "dead", now=tomorrow) is not None
    soon = table.enqueue("attest", "b", run_at=timezone.now() + timedelta(seconds=200))
    assert table.lease_next("one") is None
    assert table.pull_back(timedelta(seconds=360)) == 2
    lease = table.lease_next("one")
    assert lease is not None
    assert lease.kind == "seal"
    assert table.lease_next("one") is None
    assert table.lease_next("one", now=timezone.now() + 2 * table.LEASE) is not None
    assert Job.objects.get(pk=soon.pk).state == JobState.QUEUED
    assert table.pull_back(timedelta(seconds=360)) == 0
