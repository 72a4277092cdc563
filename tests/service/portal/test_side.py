"""Whose picture and whose words a page shows, and to whom."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from service import pipeline
from service.intake import incoming, incoming_text
from service.models import Account, State, Submission
from service.pipeline import AttestRequest

TEXT = (
    "The harbour office said on Monday that the northern quay stays closed until the end of March, "
    "because divers found two cracks below the waterline that nobody had seen before."
)
CHANGED = TEXT.replace("Monday", "Tuesday").replace("two cracks", "three cracks")


def attested(account: Account, content: bytes | str) -> Submission:
    held = incoming_text(content) if isinstance(content, str) else incoming([content], "photo.jpg")
    with held as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human", "Mine"))
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    return submission


def cropped(photo: Path) -> bytes:
    with Image.open(photo) as image:
        out = io.BytesIO()
        image.crop((0, 0, image.width * 3 // 5, image.height)).save(out, "JPEG", quality=85)
    return out.getvalue()


def verified(client: Client, content: bytes | str) -> str:
    sent: dict[str, object] = {"kind": "text", "text": content}
    if isinstance(content, bytes):
        sent = {"kind": "file", "file": SimpleUploadedFile("copy.jpg", content)}
    answer = client.post(reverse("verify"), sent)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def clients(account: Account, stranger: Account, reviewer: Account) -> dict[str, Client]:
    found = {"nobody": Client()}
    for name, who in (("owner", account), ("stranger", stranger), ("reviewer", reviewer)):
        found[name] = Client()
        found[name].force_login(who)
    return found


def test_only_who_may_see_an_attestation_is_shown_its_picture_under_the_outline(
    clients: dict[str, Client], account: Account, photo: Path
) -> None:
    done = attested(account, photo.read_bytes())
    address = reverse("attestation-thumbnail", args=[done.pk])
    for name, client in clients.items():
        body = verified(client, cropped(photo))
        assert body.count('href="data:image/jpeg;base64,') == 1
        assert body.count("<polygon") >= 4
        assert (f'href="{address}"' in body) == (name in ("owner", "reviewer")), name
        assert ("is not shown" in body) == (name in ("nobody", "stranger")), name


def test_a_thumbnail_is_for_the_owner_and_reviewers_and_is_no_page(
    clients: dict[str, Client], account: Account, photo: Path
) -> None:
    address = reverse("attestation-thumbnail", args=[attested(account, photo.read_bytes()).pk])
    for name in ("owner", "reviewer"):
        answer = clients[name].get(address)
        assert answer["Content-Type"] == "image/jpeg"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        with Image.open(io.BytesIO(answer.content)) as image:
            assert max(image.size) <= 256
    assert clients["stranger"].get(address).status_code == 404
    assert clients["nobody"].get(address).status_code == 302


def test_what_is_no_picture_has_no_thumbnail(clients: dict[str, Client], account: Account) -> None:
    done = attested(account, TEXT)
    assert clients["owner"].get(reverse("attestation-thumbnail", args=[done.pk])).status_code == 404


def test_only_who_may_see_a_text_is_shown_how_the_later_one_differs(
    clients: dict[str, Client], account: Account
) -> None:
    attested(account, TEXT)
    for name, client in clients.items():
        body = verified(client, CHANGED)
        assert ("Monday" in body) == (name in ("owner", "reviewer")), name
        if name == "owner":
            assert '<del><bdi class="foreign">Monday</bdi></del>' in body
            assert '<ins><bdi class="foreign">three</bdi></ins>' in body


def test_a_reviewer_sees_both_pictures_with_the_part_that_agrees(
    clients: dict[str, Client], account: Account, stranger: Account, photo: Path
) -> None:
    earlier = attested(account, photo.read_bytes())
    held = attested(stranger, cropped(photo))
    assert held.state == State.HELD
    body = clients["reviewer"].get(reverse("review")).content.decode()
    for shown in (earlier, held):
        assert f'href="{reverse("attestation-thumbnail", args=[shown.pk])}"' in body
    assert "points agree" in body
    for word in ("Not the same: sign it", "The same: refuse it"):
        assert word in body
    assert "Found by: arrangement of a picture’s points" in body.replace("&#x27;", "’")


def test_the_owner_of_what_is_held_sees_where_it_agrees_and_not_the_others_picture(
    clients: dict[str, Client], account: Account, stranger: Account, photo: Path
) -> None:
    earlier = attested(account, photo.read_bytes())
    held = attested(stranger, cropped(photo))
    body = clients["stranger"].get(reverse("attestation", args=[held.pk])).content.decode()
    assert f'href="{reverse("attestation-thumbnail", args=[held.pk])}"' in body
    assert str(earlier.pk) not in body
    assert body.count("<polygon") >= 4
    assert "is not shown" in body


def test_a_reviewer_sees_how_a_held_text_differs(
    clients: dict[str, Client], account: Account, stranger: Account
) -> None:
    attested(account, TEXT)
    assert attested(stranger, CHANGED).state == State.HELD
    body = clients["reviewer"].get(reverse("review")).content.decode()
    assert '<del><bdi class="foreign">Monday</bdi></del>' in body


def test_the_words_of_a_text_run_nothing(clients: dict[str, Client], account: Account) -> None:
    attested(account, f"{TEXT} <script>alert(1)</script>")
    body = verified(clients["owner"], f"{CHANGED} <img src=x onerror=alert(1)>")
    assert "<script>alert(1)" not in body
    assert "<img src=x" not in body
    assert "&lt;script&gt;" in body


def test_a_page_is_shown_without_what_the_storage_lost(
    clients: dict[str, Client], account: Account, house: Path
) -> None:
    done = attested(account, TEXT)
    (lost,) = [path for path in house.rglob(done.asset.sha256) if path.is_file()]
    lost.unlink()
    body = verified(clients["owner"], CHANGED)
    assert "Have we seen it before?" in body
    assert "<del>" not in body


def test_a_word_on_the_pair_is_given_on_the_review_page(
    clients: dict[str, Client], account: Account, stranger: Account, photo: Path
) -> None:
    attested(account, photo.read_bytes())
    held = attested(stranger, cropped(photo))
    address = reverse("review-decide", args=[held.pk])
    answer = clients["reviewer"].post(address, {"decision": "not_same"}, follow=True)
    assert "Kept: the two are not the same" in answer.content.decode()
    held.refresh_from_db()
    assert held.state == State.FINGERPRINTED
