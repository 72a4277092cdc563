"""Attesting on this machine, over the data folder, with no server and no worker of its own."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.utils import timezone

from attest.models import Deployment
from service import pipeline, wiring
from service.cli.outputs import Outputs, write_embedded, write_sidecar
from service.cli.progress import Steps
from service.errors import ServiceError
from service.intake import incoming
from service.jobs import runner
from service.models import Account, State, Submission, WorkerBeat
from service.stages import local

CHUNK = 1024 * 1024
POLL_SECONDS = 0.2
PATIENCE_SECONDS = 300.0
ANCHOR_SECONDS = 30.0
BEAT_SECONDS = 15.0
WITH_PROOF = frozenset({State.LOGGED, State.ANCHORED})
STOPPED = frozenset({State.HELD, State.REFUSED, State.FAILED})


def submit(account: Account, path: Path, request: pipeline.AttestRequest) -> Submission:
    """Take the file in and queue it. Raises RejectedAsset, ServiceError, OSError."""
    with path.open("rb") as file, incoming(_chunks(file), path.name) as asset:
        return pipeline.submit(account, asset, request)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def drive(submission: Submission, steps: Steps) -> Submission:
    """Run due jobs here until the submission is in a sealed checkpoint. Raises ServiceError where it stops.

    A worker of `up` on the same data folder may hold some of the jobs; then this waits for it.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        runner.run_until_idle()
        pipeline.seal()
        submission = Submission.objects.select_related("asset", "signed", "store").get(pk=submission.pk)
        state = State(submission.state)
        steps.note(f"{submission.title}: {state}")
        if state in WITH_PROOF:
            return submission
        if state in STOPPED:
            raise ServiceError(submission.error_code or f"attestation_{state}", _why(submission))
        if time.monotonic() > deadline:
            raise ServiceError(
                "not_in_time",
                f"The attestation is still {state}, {PATIENCE_SECONDS:.0f} s on.",
                permanent=False,
            )
        time.sleep(POLL_SECONDS)


def await_anchor(submission: Submission, steps: Steps) -> Submission:
    """Give a worker that runs on this data folder time to anchor; without one, no anchor would come."""
    deadline = time.monotonic() + ANCHOR_SECONDS
    while submission.state == State.LOGGED and _anchors_here() and time.monotonic() < deadline:
        steps.note(f"{submission.title}: waiting for the anchor")
        time.sleep(POLL_SECONDS)
        submission.refresh_from_db()
    return submission


def _anchors_here() -> bool:
    since = timezone.now() - timedelta(seconds=BEAT_SECONDS)
    return Deployment.objects.exists() and WorkerBeat.objects.filter(ready=True, seen_at__gte=since).exists()


def _why(submission: Submission) -> str:
    if submission.error:
        return submission.error
    sentences = [str(reason.get("sentence", "")) for reason in submission.reasons]
    return sentences[0] if sentences else f"The attestation ended {submission.state}."


def bring(submission: Submission, source: Path, folder: Path) -> Outputs:
    """Write the signed file, or the sidecar, and the proof. Raises ServiceError, OSError."""
    proof = pipeline.proof(submission).to_json()
    kept = submission.signed if submission.embedded else submission.store
    if kept is None:
        raise ServiceError("internal_state", "A signed submission lost its signed file.")
    write = write_embedded if submission.embedded else write_sidecar
    with local(kept) as asset, asset.path.open("rb") as file:
        return write(source, folder, _chunks(file), proof)


def warm() -> None:
    """Load what the first file would wait for."""
    wiring.warm()
