"""The C2PA Soft Binding Resolution API: from a stripped copy back to the manifest, and to nothing else."""

import io
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from detector.fingerprints.soft_binding import ISCC_ALGORITHM, PDQ_ALGORITHM, soft_bindings
from provenance.inspection import claim, jumbf
from service import pipeline
from service.intake import incoming
from service.models import State, Submission

BY_BINDING = "/sbr/v1/matches/byBinding"
BY_CONTENT = "/sbr/v1/matches/byContent"


@pytest.fixture
def done(account, attest_now, photo: Path) -> Submission:
    return attest_now(account, photo.read_bytes(), "a private name.jpg")


def bindings(content: bytes) -> dict[str, str]:
    with incoming([content], "x") as asset:
        return dict(soft_bindings(pipeline.prints_of(asset)))


def smaller(photo: Path) -> bytes:
    with Image.open(photo) as image:
        out = io.BytesIO()
        image.resize((480, image.height * 480 // image.width)).save(out, "JPEG", quality=70)
    return out.getvalue()


def found(answer) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert list(body) == ["matches"]
    return body["matches"]


@pytest.mark.parametrize("alg", [ISCC_ALGORITHM, PDQ_ALGORITHM])
def test_the_binding_of_a_copy_leads_to_the_manifest(api: Client, done: Submission, photo: Path, alg: str):
    value = bindings(smaller(photo))[alg]
    (match,) = found(api.get(BY_BINDING, {"alg": alg, "value": value}))
    assert set(match) == {"manifestId", "similarityScore"}
    assert match["manifestId"].startswith("urn:c2pa:")
    assert match["similarityScore"] > 50
    answer = api.get(f"/sbr/v1/manifests/{match['manifestId']}")
    assert answer["Content-Type"] == "application/c2pa"
    assert answer["Access-Control-Allow-Origin"] == "*"
    store = answer.content
    assert claim.identity(store).label == match["manifestId"]
    assert claim.identity(store).claim_sha256 == done.claim_sha256
    assert "private name" not in answer["Content-Disposition"]


def test_a_long_binding_may_be_posted(api: Client, done: Submission, photo: Path):
    value = bindings(photo.read_bytes())[PDQ_ALGORITHM]
    query = {"alg": PDQ_ALGORITHM, "value": value}
    (match,) = found(api.post(BY_BINDING, json.dumps(query), "application/json"))
    assert match == {"manifestId": done.manifest_label, "similarityScore": 100}


def test_a_plus_that_nobody_escaped_is_understood(api: Client, done: Submission, photo: Path):
    value = bindings(photo.read_bytes())[ISCC_ALGORITHM]
    assert found(api.get(f"{BY_BINDING}?alg={ISCC_ALGORITHM}&value={value}"))


@pytest.mark.parametrize("alg", [None, PDQ_ALGORITHM, ISCC_ALGORITHM])
def test_the_content_itself_may_be_sent(
    api: Client, done: Submission, photo: Path, alg: str | None, nothing_left
):
    address = BY_CONTENT if alg is None else f"{BY_CONTENT}?alg={alg}"
    (match,) = found(api.post(address, smaller(photo), "image/jpeg"))
    assert match["manifestId"] == done.manifest_label


def test_a_hint_is_looked_up_too(api: Client, done: Submission, photo: Path):
    value = bindings(photo.read_bytes())[PDQ_ALGORITHM]
    address = f"{BY_CONTENT}?hintAlg={PDQ_ALGORITHM}&hintValue={value}"
    (match,) = found(api.post(address, b"Some words that nobody attested.", "text/plain"))
    assert match["manifestId"] == done.manifest_label


def test_what_is_not_published_is_found_by_nobody(api: Client, done: Submission, photo: Path):
    query = {"alg": PDQ_ALGORITHM, "value": bindings(photo.read_bytes())[PDQ_ALGORITHM]}
    for hidden in (State.HELD, State.REFUSED, State.ACCEPTED, State.SIGNED, State.FAILED):
        Submission.objects.filter(pk=done.pk).update(state=hidden)
        assert found(api.get(BY_BINDING, query)) == []
        assert api.get(f"/sbr/v1/manifests/{done.manifest_label}").status_code == 404


def test_what_was_revoked_is_found_no_more(api: Client, done: Submission, photo: Path, problem):
    query = {"alg": PDQ_ALGORITHM, "value": bindings(photo.read_bytes())[PDQ_ALGORITHM]}
    pipeline.revoke(done, "withdrawn")
    assert found(api.get(BY_BINDING, query)) == []
    problem(api.get(f"/sbr/v1/manifests/{done.manifest_label}"), 404, "not_found")


def test_what_was_only_screened_is_nobodys_to_look_up(api: Client, photo: Path):
    with incoming([photo.read_bytes()], "x.jpg") as asset:
        pipeline.screen(asset, tenant="somebody")
    query = {"alg": PDQ_ALGORITHM, "value": bindings(photo.read_bytes())[PDQ_ALGORITHM]}
    assert found(api.get(BY_BINDING, query)) == []
    assert found(api.post(BY_CONTENT, photo.read_bytes(), "image/jpeg")) == []


def test_no_more_are_answered_than_were_asked_for(api: Client, account, attest_now, photo: Path):
    for _ in range(3):
        attest_now(account, photo.read_bytes())
    query = {"alg": PDQ_ALGORITHM, "value": bindings(photo.read_bytes())[PDQ_ALGORITHM]}
    assert len(found(api.get(BY_BINDING, query))) == 3
    assert len(found(api.get(BY_BINDING, {**query, "maxResults": 2}))) == 2


def test_one_signed_before_labels_were_kept_goes_by_its_attestation(
    api: Client, done: Submission, photo: Path
):
    Submission.objects.filter(pk=done.pk).update(manifest_label="")
    query = {"alg": PDQ_ALGORITHM, "value": bindings(photo.read_bytes())[PDQ_ALGORITHM]}
    (match,) = found(api.get(BY_BINDING, query))
    assert match["manifestId"] == str(done.pk)
    with closing(api.get(f"/sbr/v1/manifests/{done.pk}")) as answer:
        assert answer.status_code == 200


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets SOFT_BINDING_LOOKUP."""

    def choose(word: str) -> None:
        monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, soft_binding_lookup=word))

    return choose


def test_what_it_was_made_from_is_told_only_where_the_operator_chose_that(
    api: Client, done: Submission, account, attest_now, lookup: Callable[[str], None]
):
    from service.stages import local

    with local(done.signed) as asset:
        again = attest_now(account, asset.path.read_bytes(), "again.jpg")
    address = f"/sbr/v1/manifests/{again.manifest_label}"
    usual = api.get(address).content
    assert [each.label for each in jumbf.manifests(jumbf.parse(usual))] == [again.manifest_label]
    lookup("whole")
    whole = b"".join(api.get(address).streaming_content)
    assert api.get(address, {"returnActiveManifest": "true"}).content == usual
    assert done.manifest_label in [each.label for each in jumbf.manifests(jumbf.parse(whole))]
    assert claim.identity(usual).claim_sha256 == claim.identity(whole).claim_sha256


def test_an_operator_may_switch_it_off(
    api: Client, done: Submission, photo: Path, lookup: Callable[[str], None], problem
):
    lookup("off")
    query = {"alg": PDQ_ALGORITHM, "value": bindings(photo.read_bytes())[PDQ_ALGORITHM]}
    assert found(api.get(BY_BINDING, query)) == []
    problem(api.get(f"/sbr/v1/manifests/{done.manifest_label}"), 404, "not_found")


def test_bad_questions_are_told_why(api: Client, problem):
    problem(api.get(BY_BINDING, {"alg": "com.example.x", "value": "AA=="}), 400, "binding_unknown")
    problem(api.get(BY_BINDING, {"alg": PDQ_ALGORITHM, "value": "zz"}), 400, "binding_malformed")
    problem(api.get(BY_BINDING, {"alg": PDQ_ALGORITHM}), 422, "invalid_request")
    problem(
        api.get(BY_BINDING, {"alg": PDQ_ALGORITHM, "value": "00", "maxResults": 0}), 422, "invalid_request"
    )
    problem(api.post(f"{BY_CONTENT}?alg=com.example.x", b"x", "image/png"), 400, "binding_unknown")
    problem(api.post(BY_CONTENT, {"file": "x"}), 415, "unsupported_content_type")
    problem(api.post(BY_CONTENT, b"", "image/png"), 400, "empty_file")
    for path in ("manifests/urn:c2pa:nothing", "manifests/%00", "nonsense"):
        problem(api.get(f"/sbr/v1/{path}"), 404, "not_found")


def test_who_asks_too_often_waits(api: Client, rate, problem):
    rate(1)
    query = {"alg": PDQ_ALGORITHM, "value": "00" * 32}
    assert api.get(BY_BINDING, query).status_code == 200
    problem(api.get(BY_BINDING, query), 429, "rate_limited")


def test_it_says_what_one_may_ask_by(api: Client):
    assert api.get("/sbr/v1/services/supportedAlgorithms").json() == {
        "watermarks": [],
        "fingerprints": [{"alg": ISCC_ALGORITHM}, {"alg": PDQ_ALGORITHM}],
    }
