"""What the attest and verify forms take, and how they refuse."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from service import wiring
from service.models import Account, State, Submission

HTMX = {"HX-Request": "true"}


def upload(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def left_behind(house: Path) -> list[Path]:
    return [path for path in (house / "incoming").rglob("*") if path.is_file()]


@pytest.fixture
def small(house: Path, settings: Any) -> int:
    """An installation that takes at most ten kilobytes."""
    settings.CONFIG = dataclasses.replace(settings.CONFIG, max_upload_bytes=10_000)
    wiring.limits.cache_clear()
    return 10_000


def test_a_file_is_taken_in_and_its_page_is_opened(logged_in: Client, photo: Path, house: Path) -> None:
    form = {"kind": "file", "file": upload(photo.read_bytes()), "source_type": "human", "title": "A temple"}
    answer = logged_in.post(reverse("attest"), form)
    submission = Submission.objects.get()
    assert answer["Location"] == reverse("attestation", args=[submission.pk])
    assert (submission.title, submission.state) == ("A temple", State.RECEIVED)
    assert submission.asset.sha256 == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert left_behind(house) == []


def test_htmx_is_told_where_to_go(logged_in: Client, photo: Path) -> None:
    form = {"kind": "file", "file": upload(photo.read_bytes()), "source_type": "human"}
    answer = logged_in.post(reverse("attest"), form, headers=HTMX)
    assert answer["HX-Redirect"] == reverse("attestation", args=[Submission.objects.get().pk])


def test_a_text_is_attested_with_plain_line_ends(logged_in: Client) -> None:
    logged_in.post(reverse("attest"), {"kind": "text", "text": "one\r\ntwo", "source_type": "human_creation"})
    assert Submission.objects.get().asset.sha256 == hashlib.sha256(b"one\ntwo").hexdigest()


def test_a_form_sent_twice_is_one_submission_and_other_content_another(logged_in: Client) -> None:
    form = {
        "kind": "text",
        "text": "a text of some length",
        "source_type": "human",
        "once": "6f2f6a52-7f0d-4a41-9d2c-0e3f2a8f6f6e",
    }
    first, second = (logged_in.post(reverse("attest"), form) for _ in range(2))
    assert first["Location"] == second["Location"]
    logged_in.post(reverse("attest"), form | {"text": "another text of some length"})
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "file", "source_type": "human"}, "Choose a file first."),
        ({"kind": "text", "text": "  ", "source_type": "human"}, "Paste or type a text first."),
        ({"kind": "text", "text": "hello"}, "Say how it was made."),
        ({"kind": "text", "text": "hello", "source_type": "magic"}, "Choose how it was made."),
        ({"kind": "text", "text": "hello", "source_type": "human", "title": "x" * 201}, "at most 200"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence_and_what_was_typed_stays(
    logged_in: Client, fields: dict[str, str], sentence: str
) -> None:
    page = logged_in.post(reverse("attest"), fields)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    if fields.get("text", "").strip():
        assert "hello</textarea>" in page.content.decode()
    fragment = logged_in.post(reverse("attest"), fields, headers=HTMX)
    assert sentence in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert not Submission.objects.exists()


@pytest.mark.parametrize("name", ["attest", "verify"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_empty_file_is_refused_with_its_code(
    logged_in: Client, house: Path, name: str, headers: dict[str, str]
) -> None:
    form = {"kind": "file", "file": upload(b""), "source_type": "human"}
    answer = logged_in.post(reverse(name), form, headers=headers)
    assert 400 <= answer.status_code < 500
    assert "empty_file" in answer.content.decode()
    assert left_behind(house) == []


@pytest.mark.parametrize("name", ["attest", "verify"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_byte_over_the_limit_is_refused_and_nothing_stays(
    logged_in: Client, small: int, house: Path, name: str, headers: dict[str, str]
) -> None:
    form = {"kind": "file", "file": upload(b"x" * (small + 1)), "source_type": "human"}
    answer = logged_in.post(reverse(name), form, headers=headers)
    assert answer.status_code == 413
    assert "too_large" in answer.content.decode()
    assert left_behind(house) == []
    assert not Submission.objects.exists()


def test_a_huge_announced_length_is_refused_before_the_body_is_read(logged_in: Client, small: int) -> None:
    answer = logged_in.generic(
        "POST", reverse("verify"), b"short", "multipart/form-data; boundary=x", CONTENT_LENGTH="99999999999"
    )
    assert answer.status_code == 413


def test_a_text_beyond_what_a_form_takes_is_refused(logged_in: Client) -> None:
    answer = logged_in.post(reverse("verify"), {"kind": "text", "text": "x" * (5 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "send it as a file" in answer.content.decode()


def test_a_visitor_verifies_without_an_account_and_nothing_is_kept(house: Path, photo: Path) -> None:
    from provenance.models import StoredAsset

    answer = Client().post(reverse("verify"), {"kind": "file", "file": upload(photo.read_bytes())})
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "Nobody we know vouches for this content" in body
    assert body.count('class="axis ') == 5
    assert not StoredAsset.objects.exists()
    assert left_behind(house) == []


def test_a_proof_file_that_is_none_is_refused_with_its_code(house: Path, photo: Path) -> None:
    form = {"kind": "file", "file": upload(photo.read_bytes()), "proof": upload(b"{}", "p.assay.json")}
    answer = Client().post(reverse("verify"), form)
    assert answer.status_code == 422
    assert "proof_" in answer.content.decode()


def _attested(account: Account, content: bytes) -> Submission:
    from service import pipeline
    from service.intake import incoming

    with incoming([content], "photo.jpg") as asset:
        submission = pipeline.submit(account, asset, pipeline.AttestRequest("human", "A temple"))
    pipeline.advance(str(submission.pk))
    pipeline.seal()
    return Submission.objects.get(pk=submission.pk)


def test_a_proof_fits_its_file_and_no_other(account: Account, logged_in: Client, photo: Path) -> None:
    done = _attested(account, photo.read_bytes())
    signed = b"".join(logged_in.get(reverse("attestation-file", args=[done.pk])).streaming_content)
    proof = logged_in.get(reverse("attestation-proof", args=[done.pk])).content
    good = Client().post(
        reverse("verify"), {"file": upload(signed), "proof": upload(proof, "a.assay.json"), "kind": "file"}
    )
    assert "It leads from this content to this log." in good.content.decode()
    form = {"kind": "text", "text": "something else", "proof": upload(proof, "a.assay.json")}
    other = Client().post(reverse("verify"), form).content.decode()
    assert "It does not" in other
    assert "proof_wrong_file" in other


def test_a_proof_of_other_content_says_nothing_against_the_credential_inside(
    account: Account, logged_in: Client, photo: Path
) -> None:
    done = _attested(account, photo.read_bytes())
    signed = b"".join(logged_in.get(reverse("attestation-file", args=[done.pk])).streaming_content)
    other = _attested(account, b"Words of my own, quite another thing.")
    proof = logged_in.get(reverse("attestation-proof", args=[other.pk])).content
    form = {"kind": "file", "file": upload(signed), "proof": upload(proof, "a.assay.json")}
    body = Client().post(reverse("verify"), form).content.decode()
    assert "proof_wrong_file" in body
    assert "Broken" not in body


def test_downloads_are_attachments_that_no_browser_runs(
    account: Account, logged_in: Client, photo: Path
) -> None:
    done = _attested(account, photo.read_bytes())
    for part, name in {
        "file": "A temple.signed.jpg",
        "original": "A temple.jpg",
        "manifest": "A temple.signed.jpg.c2pa",
        "proof": "A temple.signed.jpg.assay.json",
    }.items():
        answer = logged_in.get(reverse(f"attestation-{part}", args=[done.pk]))
        assert answer.status_code == 200
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        b"".join(answer)


def test_a_revocation_takes_a_reason_and_a_tick_and_shows_at_once(
    account: Account, logged_in: Client, photo: Path
) -> None:
    done = _attested(account, photo.read_bytes())
    where = reverse("attestation-revoke", args=[done.pk])
    assert logged_in.post(where, {"reason": "a mistake"}).status_code == 422
    done.refresh_from_db()
    assert done.revoked_at is None
    assert logged_in.post(where, {"reason": "a mistake", "sure": "on"}).status_code == 302
    page = logged_in.get(reverse("attestation", args=[done.pk])).content.decode()
    assert "<strong>Revoked</strong>" in page
    assert "Revoke this attestation" not in page


def test_a_reviewer_cannot_revoke_for_somebody_else(account: Account, reviewing: Client, photo: Path) -> None:
    done = _attested(account, photo.read_bytes())
    answer = reviewing.post(reverse("attestation-revoke", args=[done.pk]), {"reason": "no", "sure": "on"})
    assert answer.status_code == 403
    done.refresh_from_db()
    assert done.revoked_at is None


def test_a_page_that_has_seen_the_state_is_sent_nothing(logged_in: Client, make: Any) -> None:
    submission = make(State.INSPECTED)
    where = reverse("attestation-progress", args=[submission.pk])
    first = logged_in.get(where, headers=HTMX)
    assert 'data-state="inspected"' in first.content.decode()
    assert "hx-swap-oob" in first.content.decode()
    assert logged_in.get(f"{where}?seen=inspected..", headers=HTMX).status_code == 204


@pytest.mark.parametrize("state", [State.HELD, State.REFUSED, State.FAILED, State.ANCHORED])
def test_a_settled_page_asks_no_more(logged_in: Client, make: Any, state: State) -> None:
    submission = make(state)
    assert "hx-trigger" not in logged_in.get(reverse("attestation", args=[submission.pk])).content.decode()
