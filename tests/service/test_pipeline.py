"""The pipeline: one file through all the stages, and what happens when something is in the way."""

import dataclasses
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from attest.models import LeafRow
from detector.fingerprints.soft_binding import ISCC_ALGORITHM, PDQ_ALGORITHM
from detector.models import Item
from provenance.errors import SignerUnavailable
from provenance.models import StoredAsset
from service import pipeline, reviewing, stages, wiring
from service.errors import ServiceError
from service.intake import incoming, incoming_text
from service.jobs.runner import run_until_idle
from service.models import Account, Job, JobState, State, Submission, Thumbnail
from service.pipeline import AttestRequest
from service.report import Registry
from service.stages import STAGES

HUMAN = AttestRequest("human", "A picture")


def submit(
    account: Account, content: bytes, name: str = "photo.jpg", request: AttestRequest = HUMAN
) -> Submission:
    with incoming([content], name) as asset:
        return pipeline.submit(account, asset, request)


def after(submission: Submission) -> Submission:
    """The submission after everything that is due has run."""
    Job.objects.filter(subject="").delete()
    run_until_idle()
    return Submission.objects.select_related("asset", "signed", "store").get(pk=submission.pk)


@pytest.fixture
def other() -> Account:
    return Account.objects.create_user("somebody-else")


def resized(photo: Path, width: int = 480) -> bytes:
    with Image.open(photo) as image:
        smaller = image.resize((width, image.height * width // image.width))
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=70)
    return out.getvalue()


def png_without_its_pixels() -> bytes:
    """Sound in its structure, and yet what should be compressed pixels is none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 20, 20, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", b"\xff" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def test_what_cannot_be_decoded_is_attested_by_its_digest_and_the_reason_is_said(account: Account) -> None:
    done = after(submit(account, png_without_its_pixels(), "torn.png"))
    assert (done.state, done.error) == (State.APPENDED, "")
    assert [reason["code"] for reason in done.reasons] == ["unreadable_image"]
    assert "compared by its digest alone" in done.reasons[0]["sentence"]
    with incoming([png_without_its_pixels()], "again.png") as asset:
        seen = pipeline.verify(asset)
    assert seen.similarity.unread is not None
    assert seen.similarity.unread.code == "unreadable_image"
    assert seen.similarity.matches[0].subject == str(done.pk)


def test_a_photo_goes_from_the_door_to_a_checkpoint(account: Account, photo: Path) -> None:
    done = after(submit(account, photo.read_bytes()))
    assert (done.state, done.error) == (State.APPENDED, "")
    assert pipeline.seal() == 1
    done.refresh_from_db()
    assert done.state == State.LOGGED
    assert done.signed is not None
    assert done.embedded
    assert done.signed.sha256 != done.asset.sha256


def test_the_credential_carries_a_thumbnail_and_the_codes_that_a_stripped_copy_is_found_by(
    account: Account, photo: Path
) -> None:
    done = after(submit(account, photo.read_bytes()))
    assert done.store is not None
    small = bytes(Thumbnail.objects.get(submission=done).jpeg)
    with Image.open(io.BytesIO(small)) as image:
        assert max(image.size) <= 256
    with stages.local(done.store) as store:
        written = store.path.read_bytes()
    assert small in written
    assert ISCC_ALGORITHM.encode() in written
    assert PDQ_ALGORITHM.encode() in written


def test_a_worker_that_dies_after_any_stage_and_before_its_swap_changes_nothing(
    account: Account, photo: Path
) -> None:
    submission = submit(account, photo.read_bytes())
    while submission.state in STAGES:
        # What a worker does that is killed before the compare-and-swap; then another takes over.
        STAGES[State(submission.state)](submission)
        changes = STAGES[State(submission.state)](submission)
        assert pipeline._swap(submission, changes)
        assert not pipeline._swap(submission, changes)
        submission.refresh_from_db()
    assert submission.state == State.APPENDED
    assert LeafRow.objects.count() == 1
    assert Item.objects.count() == 1


def test_the_same_idempotency_key_gives_the_same_submission(account: Account, photo: Path) -> None:
    request = dataclasses.replace(HUMAN, idempotency_key="k1")
    first = submit(account, photo.read_bytes(), request=request)
    assert submit(account, photo.read_bytes(), request=request).pk == first.pk
    with pytest.raises(ServiceError) as caught:
        submit(account, resized(photo), request=request)
    assert caught.value.code == "idempotency_conflict"


def test_one_file_uploaded_twice_is_one_asset_and_two_attestations(account: Account, photo: Path) -> None:
    for _ in range(2):
        submit(account, photo.read_bytes())
    assert (StoredAsset.objects.count(), Submission.objects.count()) == (1, 2)


def test_an_unknown_source_type_is_refused_before_anything_is_stored(account: Account, photo: Path) -> None:
    with pytest.raises(ServiceError) as caught:
        submit(account, photo.read_bytes(), request=AttestRequest("divine"))
    assert caught.value.code == "unknown_source_type"
    assert StoredAsset.objects.count() == 0


def test_somebody_elses_near_duplicate_is_held_and_goes_on_when_approved(
    account: Account, other: Account, photo: Path
) -> None:
    after(submit(account, photo.read_bytes()))
    held = after(submit(other, resized(photo)))
    assert held.state == State.HELD
    assert held.reasons[0]["code"] == "near_duplicate_of_other"
    assert Item.objects.count() == 1
    reviewing.review(held, account, approve=True)
    assert after(held).state == State.APPENDED


def test_a_held_submission_can_be_refused_once(account: Account, other: Account, photo: Path) -> None:
    after(submit(account, photo.read_bytes()))
    held = after(submit(other, resized(photo)))
    assert reviewing.review(held, account, approve=False).state == State.REFUSED
    with pytest.raises(ServiceError) as caught:
        reviewing.review(held, account, approve=True)
    assert caught.value.code == "not_held"


def test_ones_own_smaller_copy_is_not_held(account: Account, photo: Path) -> None:
    after(submit(account, photo.read_bytes()))
    assert after(submit(account, resized(photo))).state == State.APPENDED


def test_a_tampered_credential_is_not_signed_over(account: Account, photo: Path) -> None:
    signed = after(submit(account, photo.read_bytes())).signed
    assert signed is not None
    with stages.local(signed) as asset:
        broken = bytearray(asset.path.read_bytes())
    broken[-2000] ^= 1
    refused = after(submit(account, bytes(broken)))
    assert (refused.state, refused.error_code) == (State.REFUSED, "broken_parent")
    assert Item.objects.count() == 1


def test_a_signed_file_verifies_as_attested_and_its_copy_as_a_copy(account: Account, photo: Path) -> None:
    done = after(submit(account, photo.read_bytes()))
    assert done.signed is not None
    with stages.local(done.signed) as asset:
        report = pipeline.verify(asset)
    assert report.registry.status is Registry.ATTESTED
    assert report.credential.status == "trusted"
    assert report.origin.status == "human"
    with incoming([resized(photo)], "copy.jpg") as copy:
        found = pipeline.verify(copy)
    assert found.registry.status is Registry.ATTESTED_COPY
    assert found.registry.original == str(done.pk)


def test_a_revoked_attestation_reads_revoked(account: Account, photo: Path) -> None:
    done = after(submit(account, photo.read_bytes()))
    pipeline.revoke(done, "Wrong picture")
    pipeline.revoke(done, "Wrong picture")
    assert done.signed is not None
    with stages.local(done.signed) as asset:
        assert pipeline.verify(asset).registry.status is Registry.REVOKED
    assert LeafRow.objects.count() == 2


def test_giving_up_leaves_what_came_through_in_the_index(account: Account) -> None:
    done = after(submit(account, b"a plain text that came through before its worker died", "note.txt"))
    pipeline.give_up(str(done.pk), "worker_died", "The worker died 8 times while it ran this.")
    done.refresh_from_db()
    assert (done.state, done.error_code) == (State.APPENDED, "")
    assert Item.objects.filter(key=f"attested:{done.pk}").exists()


def test_a_worker_that_comes_too_late_takes_nothing_out_of_the_index(account: Account) -> None:
    late = submit(account, b"a plain text that two workers decide on at the same time", "note.txt")
    for _ in range(2):
        pipeline._swap(late, STAGES[State(late.state)](late))
        late.refresh_from_db()
    Submission.objects.filter(pk=late.pk).update(state=State.ACCEPTED)
    stages.decide(late)
    assert not pipeline._swap(late, {"state": State.HELD})
    assert Item.objects.filter(key=f"attested:{late.pk}").exists()


def test_a_text_is_signed_beside_itself(account: Account) -> None:
    with incoming_text("Rain in the north, sun in the south, wind everywhere else.") as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human_creation", "Forecast"))
    done = after(submission)
    assert (done.state, done.embedded) == (State.APPENDED, False)
    assert done.signed is not None
    assert done.signed.sha256 == done.asset.sha256
    assert pipeline.proof(done).to_json()


def test_a_failing_stage_is_tried_again_and_given_up_in_the_end_with_its_reason(
    account: Account, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise SignerUnavailable("The key store does not answer.")

    monkeypatch.setitem(STAGES, State.ACCEPTED, unavailable)
    submission = after(submit(account, photo.read_bytes()))
    job = Job.objects.get(subject=str(submission.pk))
    assert (submission.state, job.state, job.error_code) == (
        State.ACCEPTED,
        JobState.QUEUED,
        "signer_unavailable",
    )
    pipeline.give_up(str(submission.pk), "signer_unavailable", "The key store does not answer.")
    submission.refresh_from_db()
    assert (submission.state, submission.error_code) == (State.FAILED, "signer_unavailable")
    assert Item.objects.count() == 0


def test_no_file_is_left_in_the_folders_for_passage(account: Account, photo: Path) -> None:
    after(submit(account, photo.read_bytes()))
    assert list(wiring.incoming_folder().iterdir()) == []
    assert list(wiring.work_folder().iterdir()) == []


def test_screened_texts_become_a_campaign(account: Account) -> None:
    text = "You have won a free holiday worth 900 pounds, call {} now to claim your prize today"
    for number in range(4):
        with incoming_text(text.format(f"0900{number}55")) as asset:
            report = pipeline.screen(asset, tenant="1", source="sms", author=f"a{number}")
    assert report.similarity.campaign is not None
    assert report.similarity.campaign.size == 4
    assert (report.action, report.reasons[0].code) == ("review", "campaign")


def test_a_screening_repeated_under_its_key_is_indexed_once(account: Account) -> None:
    for _ in range(2):
        with incoming_text("A sentence that was screened before, and long enough to tell.") as asset:
            pipeline.screen(asset, tenant="1", key="m-1")
    assert Item.objects.count() == 1


def test_one_platforms_stream_is_not_shown_to_another(account: Account) -> None:
    for tenant in ("1", "2"):
        with incoming_text("A private sentence that both platforms were sent this morning.") as asset:
            report = pipeline.screen(asset, tenant=tenant)
    assert report.similarity.matches == ()


def test_a_mirrored_copy_of_somebody_elses_picture_is_held(
    account: Account, other: Account, photo: Path
) -> None:
    after(submit(account, photo.read_bytes()))
    with Image.open(photo) as image:
        out = io.BytesIO()
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(out, "PNG")
    held = after(submit(other, out.getvalue(), "mine.png"))
    assert (held.state, held.reasons[0]["code"]) == (State.HELD, "near_duplicate_of_other")


def test_nobody_decides_their_own_held_submission(account: Account, other: Account, photo: Path) -> None:
    after(submit(account, photo.read_bytes()))
    held = after(submit(other, resized(photo)))
    with pytest.raises(ServiceError) as caught:
        reviewing.review(held, other, approve=True)
    assert caught.value.code == "own_submission"
    held.refresh_from_db()
    assert held.state == State.HELD


def test_where_an_attestation_stands_is_known_from_its_leaf_on(account: Account, photo: Path) -> None:
    submission = submit(account, photo.read_bytes())
    assert pipeline.standing_of(submission) is None
    done = after(submission)
    pipeline.seal()
    standing = pipeline.standing_of(done)
    assert standing is not None
    assert (standing.leaf_index, standing.checkpoint_size) == (0, 1)
