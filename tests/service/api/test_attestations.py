"""Attesting over HTTP: the request, its errors, its files, and whose it is."""

import concurrent.futures
import hashlib
import json

import pytest
from django.db import connection
from django.test import Client

from service import wiring
from service.models import State, Submission

LIST = "/api/v1/attestations"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_left")]


@pytest.fixture
def ask(api, keyed, upload):
    """POST one file."""

    def post(data, name="photo.jpg", headers=None, **fields):
        wish = {"source_type": "human", **fields, "file": upload(data, name)}
        return api.post(LIST, wish, **(headers or keyed))

    return post


def test_a_file_is_accepted_at_once_and_can_be_followed(api, ask, jpeg, keyed):
    data = jpeg(1)
    response = ask(data, title="Harbour")
    body = response.json()
    assert response.status_code == 202
    assert body["state"] == "received"
    assert response["Location"] == body["links"]["self"] == f"{LIST}/{body['id']}"
    found = api.get(body["links"]["self"], **keyed).json()
    assert found["sha256"] == hashlib.sha256(data).hexdigest()
    assert (found["title"], found["media_type"], found["size"]) == ("Harbour", "image/jpeg", len(data))
    assert found["error"] is None
    assert found["revoked_at"] is None


def test_a_text_is_accepted_as_json_and_as_a_form(api, keyed):
    wish = {"text": "I wrote this.", "source_type": "human_creation"}
    assert api.post(LIST, wish, content_type="application/json", **keyed).status_code == 202
    assert api.post(LIST, wish, **keyed).status_code == 202


def test_the_signed_file_the_manifest_and_the_proof_are_attachments(api, account, keyed, attest_now, jpeg):
    submission = attest_now(account, jpeg(2), name="dawn.jpg")
    assert submission.state == State.LOGGED
    base = f"{LIST}/{submission.pk}"
    file = api.get(f"{base}/asset", **keyed)
    content = b"".join(file.streaming_content)
    assert hashlib.sha256(content).hexdigest() == submission.signed.sha256
    assert file["Content-Type"] == "image/jpeg"
    assert int(file["Content-Length"]) == len(content)
    store = api.get(f"{base}/manifest", **keyed)
    assert hashlib.sha256(b"".join(store.streaming_content)).hexdigest() == submission.store.sha256
    assert store["Content-Type"] == "application/c2pa"
    proof = api.get(f"{base}/proof", **keyed)
    assert json.loads(proof.content)
    names = ("dawn.signed.jpg", "dawn.signed.jpg.c2pa", "dawn.signed.jpg.assay.json")
    for response, name in zip((file, store, proof), names, strict=True):
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]


def test_files_that_are_not_there_yet_are_409(api, ask, jpeg, keyed, problem):
    base = ask(jpeg(3)).json()["links"]["self"]
    problem(api.get(f"{base}/asset", **keyed), 409, "not_signed_yet")
    problem(api.get(f"{base}/manifest", **keyed), 409, "not_signed_yet")
    problem(api.get(f"{base}/proof", **keyed), 409, "proof_not_ready")
    problem(api.post(f"{base}/revocation", **keyed), 409, "nothing_to_revoke")


def test_revoking_twice_is_revoking_once(api, account, keyed, attest_now):
    submission = attest_now(account)
    path = f"{LIST}/{submission.pk}/revocation"
    first = api.post(path, {"reason": "a mistake"}, content_type="application/json", **keyed)
    assert first.status_code == 200, first.content
    again = api.post(path, **keyed)
    assert again.json()["revoked_at"] == first.json()["revoked_at"] is not None
    from attest.models import LeafRow

    assert LeafRow.objects.filter(kind="revocation").count() == 1


@pytest.mark.parametrize("body", [None, {}, {"reason": ""}, {"reason": " / "}, {"reason": "x" * 200}])
def test_a_revocation_needs_no_reason(api, account, keyed, attest_now, body):
    path = f"{LIST}/{attest_now(account).pk}/revocation"
    sent = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = api.post(path, **sent, **keyed)
    assert answer.status_code == 200, answer.content
    assert answer.json()["revoked_at"] is not None


def test_a_reason_that_the_log_has_no_room_for_is_refused(api, account, keyed, attest_now, problem):
    path = f"{LIST}/{attest_now(account).pk}/revocation"
    long = api.post(path, {"reason": "x" * 201}, content_type="application/json", **keyed)
    problem(long, 422, "invalid_request")


# --- FAULTS 1 to 6 and 20 ---------------------------------------------------------------------------


def test_an_empty_file_is_400(ask, problem):
    problem(ask(b""), 400, "empty_file")
    assert Submission.objects.count() == 0


def test_one_byte_over_the_limit_is_413(ask, monkeypatch, problem):
    from provenance.assets.limits import Limits

    monkeypatch.setattr(wiring, "limits", lambda: Limits(max_bytes=1000))
    problem(ask(b"x" * 1001, name="a.txt"), 413, "too_large")
    assert ask(b"x" * 1000, name="a.txt").status_code == 202


def test_a_truncated_jpeg_is_422(ask, jpeg, problem):
    data = jpeg(4)
    problem(ask(data[: len(data) // 2]), 422, "truncated_file")


def _png_header_claiming(width, height):
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [13_000, 30_000])
def test_a_png_that_claims_a_huge_picture_is_422(ask, side, problem):
    problem(ask(_png_header_claiming(side, side), name="big.png"), 422, "too_many_pixels")


def test_a_gif_of_ten_thousand_frames_is_422(ask, problem):
    head = b"GIF89a" + bytes([1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
    frame = bytes([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0])
    problem(ask(head + frame * 10_000 + b";", name="many.gif"), 422, "too_many_frames")


def test_a_file_is_typed_by_its_content(api, ask, jpeg, keyed):
    body = ask(jpeg(5), name="harmless.txt").json()
    assert api.get(body["links"]["self"], **keyed).json()["media_type"] == "image/jpeg"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a\x00b.jpg",
        "gpj.\u202eexe.jpg",
        "x" * 4096 + ".jpg",
        "<script>alert(1)</script>.jpg",
    ],
)
def test_a_hostile_file_name_is_only_a_label(api, account, keyed, ask, jpeg, name):
    from service import pipeline

    response = ask(jpeg(6), name=name)
    assert response.status_code == 202, response.content
    identity = response.json()["id"]
    pipeline.advance(identity)
    row = Submission.objects.get(pk=identity)
    shown = row.asset.name
    assert "/" not in shown
    assert "\x00" not in shown
    assert "\u202e" not in shown
    assert len(shown) <= 255
    response = api.get(f"{LIST}/{identity}/asset", **keyed)
    response.close()
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert "\n" not in disposition
    assert disposition.count("filename") == 1


def test_an_html_polyglot_comes_back_as_an_attachment_of_its_sniffed_type(
    api, account, keyed, attest_now, jpeg
):
    data = jpeg(7)
    marker = b"\xff\xfe" + (2 + 60).to_bytes(2, "big") + b"<script>alert(1)</script>".ljust(60)
    submission = attest_now(account, data[:2] + marker + data[2:], name="page.html")
    response = api.get(f"{LIST}/{submission.pk}/asset", **keyed)
    response.close()
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")


def test_a_name_cannot_break_out_of_its_header():
    from service.api import download

    header = download.made(b"x", "text/html", 'a"; filename=evil.exe\r\nSet-Cookie: x=y')[
        "Content-Disposition"
    ]
    assert header == 'attachment; filename="a\\"; filename=evil.exe[U+000D][U+000A]Set-Cookie: x=y"'


# --- the request itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed_body"),
        ("[]", 400, "malformed_body"),
        ("[" * 100_000, 400, "malformed_body"),
        ("\x00", 400, "malformed_body"),
        ('{"source_type": "human"}', 422, "missing_content"),
        ('{"text": "x"}', 422, "invalid_request"),
        ('{"text": 7, "source_type": "human"}', 422, "invalid_request"),
        ('{"text": "x", "source_type": "robot"}', 422, "unknown_source_type"),
        ('{"text": "x", "url": "http://a/", "source_type": "human"}', 422, "invalid_request"),
        ('{"url": "file:///etc/passwd", "source_type": "human"}', 422, "invalid_url"),
        ('{"text": "\\ud800", "source_type": "human"}', 422, "invalid_text"),
        ('{"text": "", "source_type": "human"}', 400, "empty_file"),
        ('{"text": "x", "source_type": "human", "parents": ["nonsense"]}', 422, "unknown_parent"),
        ('{"text": "x", "source_type": "human", "parents": "nonsense"}', 422, "invalid_request"),
    ],
)
def test_a_malformed_request_says_what_is_wrong(api, keyed, body, status, code, problem):
    found = problem(api.post(LIST, body, content_type="application/json", **keyed), status, code)
    if code == "invalid_request" and "fields" in found:
        assert all(field["field"] and field["detail"] for field in found["fields"])


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("text/plain", b"x", 415, "unsupported_content_type"),
        ("", b"x", 415, "unsupported_content_type"),
        ("multipart/form-data", b"x", 400, "malformed_multipart"),
        ("multipart/form-data; boundary=\xe9", b"x", 400, "malformed_multipart"),
        ("multipart/form-data; boundary=b", b"no such boundary", 422, "invalid_request"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data; na",
            422,
            "invalid_request",
        ),
    ],
)
def test_a_body_that_is_no_form_is_refused(api, keyed, content_type, body, status, code, problem):
    problem(api.generic("POST", LIST, body, content_type=content_type, **keyed), status, code)


def test_a_json_body_over_djangos_limit_is_413(api, keyed, problem):
    body = json.dumps({"text": "x" * 5_000_000, "source_type": "human"})
    problem(api.post(LIST, body, content_type="application/json", **keyed), 413, "too_large")


def test_too_many_form_fields_are_refused(api, keyed, problem):
    wish = {f"f{n}": "x" for n in range(2000)}
    problem(api.post(LIST, wish, **keyed), 400, "bad_request")


def test_control_characters_of_a_title_are_marked(api, keyed):
    wish = {"text": "x", "source_type": "human", "title": "a\x00b\u202ec\n<b>"}
    body = api.post(LIST, wish, content_type="application/json", **keyed).json()
    assert api.get(body["links"]["self"], **keyed).json()["title"] == "a[U+0000]b[U+202E]c[U+000A]<b>"


def test_a_title_over_300_characters_is_refused(api, keyed, problem):
    wish = {"text": "x", "source_type": "human", "title": "x" * 301}
    found = problem(api.post(LIST, wish, **keyed), 422, "invalid_request")
    assert [field["field"] for field in found["fields"]] == ["title"]


def test_a_parent_must_be_ones_own(api, account, other, key_for, keyed, attest_now, jpeg, problem):
    mine, theirs = attest_now(account, jpeg(8)), attest_now(other, jpeg(9))
    wish = {"text": "made of", "source_type": "composite"}
    assert api.post(LIST, wish | {"parents": [str(mine.pk)]}, **keyed).status_code == 202
    problem(api.post(LIST, wish | {"parents": [str(theirs.pk)]}, **keyed), 422, "unknown_parent")


# --- idempotency ------------------------------------------------------------------------------------


def test_the_same_key_and_request_give_the_same_attestation(ask, jpeg, keyed):
    headers = {**keyed, "HTTP_IDEMPOTENCY_KEY": "upload-17"}
    first, second = (ask(jpeg(10), headers=headers).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert Submission.objects.count() == 1


def test_the_same_key_for_another_request_is_409(ask, jpeg, keyed, problem):
    headers = {**keyed, "HTTP_IDEMPOTENCY_KEY": "upload-17"}
    assert ask(jpeg(10), headers=headers).status_code == 202
    problem(ask(jpeg(11), headers=headers), 409, "idempotency_conflict")
    problem(ask(jpeg(10), headers=headers, title="another"), 409, "idempotency_conflict")


def test_another_account_may_use_the_same_key(ask, jpeg, keyed, other, key_for):
    for headers in (keyed, key_for(other)[1]):
        assert ask(jpeg(12), headers={**headers, "HTTP_IDEMPOTENCY_KEY": "k"}).status_code == 202
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 151, "é", "a\tb"])
def test_an_idempotency_key_must_be_plain(ask, jpeg, keyed, key, problem):
    problem(ask(jpeg(1), headers={**keyed, "HTTP_IDEMPOTENCY_KEY": key}), 422, "invalid_idempotency_key")


# --- whose it is ------------------------------------------------------------------------------------


def test_what_belongs_to_another_account_is_not_there(
    api, account, other, key_for, attest_now, moderator, problem
):
    submission = attest_now(account)
    _, theirs = key_for(other)
    base = f"{LIST}/{submission.pk}"
    for path in (base, f"{base}/asset", f"{base}/manifest", f"{base}/proof"):
        problem(api.get(path, **theirs), 404, "not_found")
    problem(api.post(f"{base}/revocation", **theirs), 404, "not_found")
    assert api.get(LIST, **theirs).json()["items"] == []
    submission.refresh_from_db()
    assert submission.revoked_at is None
    # The scope alone does not make a moderator, the account must be staff.
    assert api.get(base, **key_for(moderator, "moderate")[1]).status_code == 200
    problem(api.get(base, **key_for(other, "moderate")[1]), 404, "not_found")


@pytest.mark.parametrize(
    "identity",
    [
        "7b9f4fc2-0f0e-4d83-8a4b-3c9b6cbb7d7f",
        "nonsense",
        "1",
        "..",
        "%00",
        "' OR 1=1 --",
        "x" * 3000,
        "7D4AB1C2000040008000000000000000",
    ],
)
def test_an_unknown_id_is_404(api, keyed, identity, problem):
    for path in ("", "/asset", "/manifest", "/proof"):
        problem(api.get(f"{LIST}/{identity}{path}", **keyed), 404, "not_found")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_methods_that_are_not_offered_are_405(api, keyed, method, problem):
    response = getattr(api, method)(LIST, **keyed)
    problem(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/x", "/api/v1/nothing"])
def test_an_unknown_address_is_a_problem_whatever_the_method(api, path, problem):
    problem(api.get(path), 404, "not_found")
    problem(api.post(path), 404, "not_found")


def test_the_list_is_paged_newest_first_without_gaps(api, ask, keyed, jpeg):
    made = [ask(jpeg(n)).json()["id"] for n in range(5)]
    seen, after = [], None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = api.get(LIST, query, **keyed).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == made[::-1]
    assert [one["id"] for one in api.get(LIST, {"state": "received"}, **keyed).json()["items"]] == seen
    assert api.get(LIST, {"state": "anchored"}, **keyed).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": "nonsense"}, "invalid_cursor"),
        ({"after": "é"}, "invalid_cursor"),
        ({"after": "AAAA" * 2000}, "invalid_cursor"),
        ({"after": ""}, "invalid_cursor"),
        # The first and the last day of the calendar, in zones where UTC has no such day.
        (
            {"after": "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA"},
            "invalid_cursor",
        ),
        (
            {"after": "OTk5OS0xMi0zMVQyMzo1OTo1OS0xNDowMCAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA"},
            "invalid_cursor",
        ),
        ({"after": "MjAyNi0wMS0wMSBub25zZW5zZQ"}, "invalid_cursor"),
        ({"limit": "0"}, "invalid_request"),
        ({"limit": "many"}, "invalid_request"),
        ({"state": "nonsense"}, "invalid_request"),
    ],
)
def test_a_list_asked_for_wrongly_is_422(api, keyed, query, code, problem):
    problem(api.get(LIST, query, **keyed), 422, code)


# --- trouble of our own -----------------------------------------------------------------------------


def test_a_full_disk_is_507_and_keeps_nothing(ask, jpeg, monkeypatch, problem):
    import errno

    from provenance.assets import storage

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.shutil, "copyfileobj", full)
    monkeypatch.setattr(storage.os, "fsync", full)
    problem(ask(jpeg(99)), 507, "storage_full")
    assert Submission.objects.count() == 0


def test_a_database_that_is_locked_is_503(ask, jpeg, monkeypatch, problem):
    from django.db import OperationalError

    from service import pipeline

    def locked(*_, **__):
        raise OperationalError("database is locked")

    monkeypatch.setattr(pipeline.Submission.objects, "create", locked)
    problem(ask(jpeg(1)), 503, "database_unavailable")


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_uploads_of_one_file_are_one_asset(account, other, key_for, jpeg, upload):
    from provenance.models import StoredAsset

    data = jpeg(50)
    headers = [key_for(account)[1], key_for(other)[1]]

    def post(n):
        try:
            wish = {"source_type": "human", "file": upload(data)}
            return Client().post(LIST, wish, **headers[n % 2]).status_code
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(50))) == {202}
    assert StoredAsset.objects.filter(sha256=hashlib.sha256(data).hexdigest()).count() == 1
    assert Submission.objects.count() == 50
