"""One table between the engines' codes and the wire, and nothing that escapes it."""

import errno
import json
import re
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory

from attest.errors import ChainUnavailable, LogInconsistent
from provenance.errors import ProvenanceError, RejectedAsset
from service.api import handlers
from service.api.errors import TABLE, ApiError, kind_of
from service.api.problems import guarded, problem_for
from service.errors import ServiceError

DOC = Path(__file__).parents[3] / "docs" / "formats" / "errors.md"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RejectedAsset("x", code="empty_file"), 400, "empty_file"),
        (RejectedAsset("x", code="too_large"), 413, "too_large"),
        (RejectedAsset("x", code="too_many_pixels"), 422, "too_many_pixels"),
        (RejectedAsset("x", code="truncated_file"), 422, "truncated_file"),
        (RejectedAsset("x", code="malformed_something_new"), 422, "malformed_something_new"),
        (RejectedAsset("x", code="type_not_allowed"), 415, "type_not_allowed"),
        (ProvenanceError("x", code="storage_full"), 507, "storage_full"),
        (ChainUnavailable("x"), 503, "chain_unavailable"),
        (LogInconsistent("x", code="something_unheard_of"), 503, "something_unheard_of"),
        (ServiceError("idempotency_conflict", "x"), 409, "idempotency_conflict"),
        (ServiceError("proof_not_ready", "x"), 409, "proof_not_ready"),
        (ServiceError("something_unheard_of", "x"), 422, "something_unheard_of"),
        (ServiceError("something_unheard_of", "x", permanent=False), 503, "something_unheard_of"),
        (Http404("x"), 404, "not_found"),
        (PermissionDenied("x"), 403, "forbidden"),
        (SuspiciousOperation("x"), 400, "bad_request"),
        (RequestDataTooBig("x"), 413, "too_large"),
        (MultiPartParserError("x"), 400, "malformed_multipart"),
        (UnreadablePostError("x"), 400, "upload_interrupted"),
        (OperationalError("database is locked"), 503, "database_unavailable"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "storage_full"),
        (ApiError("blocked_address"), 422, "blocked_address"),
    ],
)
def test_every_known_error_has_its_status_and_keeps_its_code(error, status, code):
    response = problem_for(error)
    body = json.loads(response.content)
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("error", [ValueError("secret words"), IntegrityError("row 7"), OSError(5, "EIO")])
def test_an_unknown_error_is_logged_and_says_nothing_of_itself(error, caplog):
    response = problem_for(error)
    body = json.loads(response.content)
    assert (response.status_code, body["code"]) == (500, "internal_error")
    assert str(error) not in response.content.decode()
    assert body["instance"] in caplog.text


def test_a_view_that_raises_answers_a_problem():
    def broken(request):
        raise RuntimeError("secret words")

    response = guarded(broken)(RequestFactory().get("/api/v1/x"))
    assert response.status_code == 500
    assert b"secret" not in response.content


def test_errors_that_are_ours_say_whether_to_come_back():
    response = problem_for(ApiError("rate_limited", retry_after=7))
    assert (response.status_code, response["Retry-After"]) == (429, "7")


def test_the_document_lists_exactly_the_codes_of_the_table_with_their_status():
    written = dict(re.findall(r"^\| `([a-z_0-9]+)` \| (\d{3}) \|", DOC.read_text(), re.MULTILINE))
    assert written == {code: str(kind.status) for code, kind in TABLE.items()}


def test_titles_do_not_change_with_the_case():
    assert kind_of(RejectedAsset("a", code="empty_file")) == kind_of(RejectedAsset("b", code="empty_file"))


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (lambda r: handlers.bad_request(r, Exception()), 400, "bad_request"),
        (lambda r: handlers.permission_denied(r, Exception()), 403, "forbidden"),
    ],
)
def test_djangos_own_error_pages_are_problems_for_programs(answer, status, code):
    response = answer(RequestFactory().get("/log/x"))
    assert (response.status_code, json.loads(response.content)["code"]) == (status, code)


def test_a_host_name_that_is_not_ours_is_a_problem_for_programs(client, settings):
    settings.ALLOWED_HOSTS = ["assay.test"]
    client.raise_request_exception = False
    response = client.get("/api/v1/range/abcde", HTTP_HOST="evil.example")
    assert (response.status_code, json.loads(response.content)["code"]) == (400, "bad_request")


def test_a_host_that_is_not_ours_is_a_bad_request_without_a_traceback_in_the_log(api, settings, caplog):
    settings.ALLOWED_HOSTS = ["ours.example"]
    response = api.get("/api/v1/attestations", headers={"Host": "theirs.example"})
    assert response.status_code == 400
    assert caplog.records == []
