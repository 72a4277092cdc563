"""Jobs against submissions: whatever is not at its end has a job that will carry it on."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from service import pipeline, upkeep
from service.cli.fsck.difference import Difference
from service.models import Job, JobState, Submission
from service.stages import STAGES

# A submission and its job are written together; an approval may race a finishing job.
GRACE = timedelta(seconds=10)


def differences() -> Iterator[Difference]:
    """Submissions that nobody works on. With a worker running, its sweep finds them too."""
    waiting = Submission.objects.filter(state__in=list(STAGES), updated_at__lt=timezone.now() - GRACE)
    for pk, state in waiting.order_by("pk").values_list("pk", "state").iterator(chunk_size=500):
        job = Job.objects.filter(kind=pipeline.ATTEST, subject=str(pk)).first()
        if job is None or job.state in (JobState.DONE, JobState.POISONED):
            yield Difference("jobs", "job_missing", f"Submission {pk} is {state} and no job carries it on.")


def repair(found: list[Difference]) -> None:
    """Queue them again, and end those whose job was given up."""
    upkeep.sweep()
