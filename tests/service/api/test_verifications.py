"""Verifying over HTTP: the report, and that nothing stays behind."""

import hashlib
import io
import json

import pytest
from django.test import Client
from PIL import Image

from service import pipeline
from service.api.schemas import Report as Shape
from service.intake import incoming
from service.models import Submission

VERIFY = "/api/v1/verifications"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_left")]


@pytest.fixture
def verify(api, upload):
    def post(data, name="photo.jpg", **fields):
        return api.post(VERIFY, {"file": upload(data, name), **fields})

    return post


def test_a_strangers_picture_is_reported_as_unknown_and_not_as_fake(verify, jpeg):
    report = verify(jpeg(100)).json()
    assert report["credential"]["status"] == "none"
    assert report["registry"]["status"] == "none"
    assert report["origin"]["status"] == "unknown"
    assert report["action"] == "accept"
    assert "fake" not in json.dumps(report["reasons"]).replace("not make it fake", "")


def test_a_signed_file_is_attested_and_one_changed_pixel_is_refused(verify, account, attest_now, jpeg):
    submission = attest_now(account, jpeg(101), source_type="ai_generated")
    from service.stages import local

    with local(submission.signed) as asset:
        signed = asset.path.read_bytes()
    report = verify(signed).json()
    assert report["registry"]["status"] == "attested"
    assert report["registry"]["leaf_index"] == submission.leaf_index
    assert report["credential"]["status"] in ("trusted", "untrusted_issuer")
    assert report["origin"]["status"] == "ai_generated"
    tampered = bytearray(signed)
    tampered[-40] ^= 1
    broken = verify(bytes(tampered)).json()
    assert broken["credential"]["status"] == "invalid"
    assert broken["action"] == "flag"
    assert "credential_invalid" in [reason["code"] for reason in broken["reasons"]]


def test_the_answer_is_exactly_the_report_of_the_other_doors(verify, jpeg):
    data = jpeg(102)
    with incoming([data], "photo.jpg") as asset:
        here = pipeline.verify(asset).as_dict()
    there = verify(data).json()
    assert there == json.loads(json.dumps(here))


def test_the_documented_shape_holds_every_field_of_the_report_and_no_other(verify, account, attest_now, jpeg):
    def compare(schema, value, where):
        assert set(value) == set(schema.model_fields), where
        for name, field in schema.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and hasattr(inner, "model_fields"):
                compare(inner, value[name], name)

    attest_now(account, jpeg(103))
    report = verify(jpeg(103)).json()
    compare(Shape, report, "report")
    assert report["similarity"]["matches"], "the upload itself was attested and indexed"
    Shape.model_validate(report)


def test_nothing_is_stored(verify, jpeg):
    from detector.models import Item
    from provenance.models import StoredAsset

    verify(jpeg(104))
    assert (Submission.objects.count(), StoredAsset.objects.count(), Item.objects.count()) == (0, 0, 0)


def test_a_digest_is_looked_up_in_either_case(api, account, attest_now, jpeg):
    data = jpeg(105)
    attest_now(account, data)
    digest = hashlib.sha256(data).hexdigest()
    for spelled in (digest, digest.upper()):
        report = api.post(VERIFY, {"sha256": spelled}, content_type="application/json").json()
        assert report["registry"]["status"] == "attested"
        assert report["credential"]["status"] == "unchecked"
    assert api.post(VERIFY, {"sha256": "0" * 64}).json()["registry"]["status"] == "none"


@pytest.mark.parametrize(
    "digest", ["", "zz", "0" * 63, "0" * 65, "g" * 64, "0x" + "0" * 62, " " + "0" * 63, "٣" * 64]
)
def test_a_malformed_digest_is_422(api, digest, problem):
    problem(api.post(VERIFY, {"sha256": digest}), 422, "invalid_digest")


def test_exactly_one_thing_is_verified(api, verify, jpeg, problem):
    problem(api.post(VERIFY, {}), 422, "missing_content")
    problem(api.post(VERIFY, {"text": "a", "sha256": "0" * 64}), 422, "invalid_request")
    problem(verify(jpeg(1), text="a"), 422, "invalid_request")
    problem(verify(jpeg(1), sha256="0" * 64), 422, "invalid_request")
    problem(verify(jpeg(1), url="http://127.0.0.1/"), 422, "invalid_request")


def test_a_text_is_verified(api):
    report = api.post(VERIFY, {"text": "Free prize, call now"}, content_type="application/json").json()
    assert report["media_type"].startswith("text/plain")


def test_a_detached_manifest_comes_along_with_its_text(api, account, upload, key_for):
    submission = None
    with incoming([b"A text of mine, long enough to be told from others."], "mine.txt") as asset:
        submission = pipeline.submit(account, asset, pipeline.AttestRequest("human_creation", "mine"))
    pipeline.advance(str(submission.pk))
    submission.refresh_from_db()
    from service.stages import local

    with local(submission.signed) as signed, local(submission.store) as store:
        files = {
            "file": upload(signed.path.read_bytes(), "mine.txt", "text/plain"),
            "manifest": upload(store.path.read_bytes(), "mine.c2pa", "application/c2pa"),
        }
        report = api.post(VERIFY, files).json()
    assert report["credential"]["status"] in ("trusted", "untrusted_issuer")
    wrong = {
        "file": upload(b"Another text, which nobody signed at all, for sure.", "other.txt", "text/plain"),
        "manifest": files["manifest"],
    }
    wrong["manifest"].seek(0)
    assert api.post(VERIFY, wrong).json()["credential"]["status"] == "invalid"


def test_a_manifest_that_is_none_is_no_crash(api, upload, jpeg):
    files = {"file": upload(jpeg(1)), "manifest": upload(b"\0" * 1000, "x.c2pa", "application/c2pa")}
    response = api.post(VERIFY, files)
    assert response.status_code in (200, 422), response.content
    if response.status_code == 200:
        assert response.json()["credential"]["status"] in ("invalid", "none", "unchecked")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/x", "blocked_address"),
        ("http://[::1]/x", "blocked_address"),
        ("http://2130706433/", "blocked_address"),
        ("http://0177.0.0.1/", "blocked_address"),
        ("http://169.254.169.254/latest/meta-data/", "blocked_address"),
        ("ftp://example.org/", "invalid_url"),
        ("http://user:pass@example.org/", "invalid_url"),
        ("nonsense", "invalid_url"),
        ("", "invalid_url"),
    ],
)
def test_an_address_inside_or_malformed_is_422(api, url, code, problem, socket_enabled):
    problem(api.post(VERIFY, {"url": url}, content_type="application/json"), 422, code)


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="http://127.0.0.1:9/m"/>'
    "</rdf:RDF></x:xmpmeta>"
)


def elsewhere():
    """A picture that only names an address, inside this machine, where its credential is kept."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "JPEG", xmp=XMP.encode())
    return out.getvalue()


def test_nobody_is_asked_unless_the_caller_says_so_and_never_inside_the_house(verify, socket_enabled):
    def codes(**wishes):
        return [found["code"] for found in verify(elsewhere(), **wishes).json()["credential"]["findings"]]

    assert codes() == ["assay.remoteManifest"]
    assert codes(remote="false", revocation="true") == ["assay.remoteManifest"]
    assert codes(remote="true") == ["assay.remoteManifestUnavailable"]


def test_calls_that_ask_others_are_rarer(api, rate, problem):
    rate(20)
    wish = {"text": "Free prize, call now", "revocation": True}
    for _ in range(2):
        assert api.post(VERIFY, wish, content_type="application/json").status_code == 200
    refused = api.post(VERIFY, wish, content_type="application/json")
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert api.post(VERIFY, {"text": wish["text"]}, content_type="application/json").status_code == 200


def test_bad_files_are_refused_as_when_attesting(verify, jpeg, problem):
    problem(verify(b""), 400, "empty_file")
    problem(verify(jpeg(1)[:300]), 422, "truncated_file")


def test_a_stranger_without_csrf_token_may_verify(jpeg, upload):
    """Open to everybody and storing nothing, so there is nothing to forge."""
    client = Client(enforce_csrf_checks=True)
    assert (
        client.post(VERIFY, {"file": upload(jpeg(1))}, HTTP_ORIGIN="https://evil.example").status_code == 200
    )


def test_unhandled_trouble_is_a_plain_500(verify, jpeg, monkeypatch, problem, caplog):
    def broken(*_, **__):
        raise RuntimeError("a secret in a message")

    monkeypatch.setattr(pipeline, "verify", broken)
    response = verify(jpeg(1))
    found = problem(response, 500, "internal_error")
    assert b"secret" not in response.content
    assert found["instance"] in caplog.text
