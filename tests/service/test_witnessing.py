"""Sealing by number, witnesses and time stamps as the worker runs them."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from attest import queries
from attest.flows.append import append
from attest.log.cosignature import CosignerKey
from attest.log.leaf import Kind, Opening
from attest.models import CheckpointRow, CheckpointTimestamp, Cosignature
from service import job_table as table
from service import pipeline, wiring
from service.jobs import runner
from service.models import Account, Job, JobState
from tests.attest.calendar_server import Calendar
from tests.attest.witnesses import WitnessProcess
from tests.service.test_pipeline import submit


def attest(name: str) -> None:
    opening = Opening.fresh({"file": sha256(name.encode()).hexdigest()})
    append(Kind.ATTESTATION, key=name, opening=opening, source_type="human")


def seal_later() -> Job:
    """The recurring job, waiting for its time."""
    job = table.enqueue("seal")
    Job.objects.filter(pk=job.pk).update(run_at=timezone.now() + timedelta(hours=1))
    return job


@pytest.mark.parametrize(("waiting", "at_once"), [(1, False), (2, True)])
def test_a_seal_waits_for_its_time_unless_enough_leaves_wait(
    account: Account, settings: Any, waiting: int, at_once: bool
) -> None:
    settings.CONFIG = replace(settings.CONFIG, seal_leaves=3)
    for each in range(waiting):
        attest(str(each))
    job = seal_later()
    submission = submit(account, b"a text that somebody wrote by hand", "note.txt")
    pipeline.advance(str(submission.pk))
    assert (Job.objects.get(pk=job.pk).run_at <= timezone.now()) is at_once


def test_only_a_job_that_waits_is_hastened(house: Path) -> None:
    assert not table.hasten("seal")
    job = seal_later()
    Job.objects.filter(pk=job.pk).update(state=JobState.LEASED)
    assert not table.hasten("seal")
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    assert table.hasten("seal")
    assert not table.hasten("seal")


def test_nobody_is_asked_where_nobody_is_configured(house: Path) -> None:
    runner.ensure_recurring()
    assert set(Job.objects.values_list("kind", flat=True)).isdisjoint({"cosign", "stamp"})
    # A row from a time when there was a witness ends instead of failing for ever.
    job = table.enqueue("cosign")
    lease = table.lease_one(job.pk, table.new_owner())
    assert lease is not None
    assert runner.run(lease) is JobState.DONE


@pytest.mark.network
def test_the_worker_has_checkpoints_cosigned_and_stamped(house: Path, settings: Any) -> None:
    witness = WitnessProcess(house / "witness-data", str(wiring.log_key().vkey)).start()
    try:
        with Calendar() as calendar:
            settings.CONFIG = replace(
                settings.CONFIG, witnesses=((witness.key, witness.url),), ots_calendars=(calendar.url,)
            )
            attest("a")
            pipeline.seal()
            runner.ensure_recurring()
            Job.objects.exclude(kind__in=("cosign", "stamp")).delete()
            assert runner.run_until_idle() == 2
    finally:
        witness.stop()
    assert Cosignature.objects.get().witness == witness.key
    assert CheckpointTimestamp.objects.get().type == "opentimestamps"
    assert len((wiring.tile_store().read_checkpoint() or "").splitlines()) == 6


def test_the_chain_gets_what_a_witness_cosigned_until_its_patience_ends(house: Path) -> None:
    now, patience = timezone.now(), timedelta(seconds=30)
    assert queries.checkpoint_to_anchor(patience, now) is None
    attest("a")
    pipeline.seal()
    first = CheckpointRow.objects.get()
    assert queries.checkpoint_to_anchor(timedelta(0), now) == first
    assert queries.checkpoint_to_anchor(patience, first.created_at) is None
    key = CosignerKey("w.example.org", bytes(32))
    Cosignature.objects.create(
        checkpoint=first, witness=str(key.vkey), line=str(key.cosign("x\n", 1)), cosigned_at=now
    )
    for name in "bc":
        attest(name)
        pipeline.seal()
    second, third = CheckpointRow.objects.filter(size__gt=1)
    assert queries.checkpoint_to_anchor(patience, second.created_at) == first
    # The one right after the cosigned one has waited long enough, however young the newest is.
    assert queries.checkpoint_to_anchor(patience, second.created_at + patience) == third
    assert queries.checkpoint_to_anchor(patience, second.created_at - timedelta(days=1)) == third
