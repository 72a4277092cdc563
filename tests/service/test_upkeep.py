"""What keeps the house in order: what is swept, and what is left alone."""

import os
import time
from pathlib import Path
from typing import Any

from service import job_table as table
from service import pipeline, upkeep, wiring
from service.intake import UploadHandler, incoming
from service.models import Account, Job, JobState, State
from service.pipeline import AttestRequest

OLD = time.time() - 2 * upkeep.ABANDONED_SECONDS


def test_what_killed_requests_and_stages_left_is_removed_and_what_is_new_stays(house: Path) -> None:
    abandoned = wiring.work_folder() / "a stage"
    abandoned.mkdir()
    for path in (wiring.incoming_folder() / "intake-old", abandoned / "signed", abandoned):
        if not path.exists():
            path.write_bytes(b"x")
        os.utime(path, (OLD, OLD))
    fresh = wiring.incoming_folder() / "intake-new"
    fresh.write_bytes(b"x")
    upkeep.sweep()
    os.utime(abandoned, (OLD, OLD))
    upkeep.sweep()
    assert list(wiring.incoming_folder().iterdir()) == [fresh]
    assert list(wiring.work_folder().iterdir()) == []


def test_an_upload_lies_where_the_sweep_finds_it(tmp_path: Path, settings: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "incoming")
    handler = UploadHandler()
    handler.new_file("file", "photo.jpg", "image/jpeg", 10, None, None)
    assert Path(handler.file.temporary_file_path()).parent == tmp_path / "incoming"
    handler.file.close()
    assert list((tmp_path / "incoming").iterdir()) == []


def test_the_folder_of_uploads_is_swept(house: Path) -> None:
    from service.settings import base

    assert Path(base.FILE_UPLOAD_TEMP_DIR) == base.DATA_DIR / wiring.incoming_folder().name


def test_a_submission_whose_job_was_poisoned_is_told_so(account: Account) -> None:
    with incoming([b"a plain text whose job kills every worker"], "note.txt") as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human"))
    Job.objects.filter(kind=pipeline.ATTEST).update(
        state=JobState.POISONED, error_code="worker_died", error="It died."
    )
    upkeep.sweep()
    submission.refresh_from_db()
    assert (submission.state, submission.error_code) == (State.FAILED, "worker_died")
    assert table.lease_next("one") is None
