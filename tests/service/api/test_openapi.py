"""The OpenAPI document: valid, complete, and the same as the snapshot in docs/."""

import json
import os
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
SNAPSHOTS = {"/api/v1/openapi.json": DOCS / "openapi.json", "/sbr/v1/openapi.json": DOCS / "openapi-sbr.json"}
VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(params=list(SNAPSHOTS))
def address(request):
    return request.param


@pytest.fixture
def document(api, address):
    return api.get(address).json()


def test_the_document_is_the_snapshot(address, document):
    snapshot = SNAPSHOTS[address]
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("ASSAY_WRITE_SNAPSHOT"):
        snapshot.write_text(text)
    assert snapshot.read_text() == text, (
        f"docs/{snapshot.name} differs: ASSAY_WRITE_SNAPSHOT=1 ./assay test tests/service/api/test_openapi.py"
    )


def test_it_is_openapi_3_1_and_may_be_read_from_anywhere(api, address, document):
    assert document["openapi"].startswith("3.1")
    response = api.get(address)
    assert response["Access-Control-Allow-Origin"] == "*"


def test_every_reference_resolves(document):
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        here = document
        for part in reference.removeprefix("#/").split("/"):
            here = here[part]


def test_every_schema_is_valid_json_schema(document):
    from jsonschema import Draft202012Validator

    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def calls_of(document, prefix):
    return {
        (verb, path.removeprefix(prefix))
        for path, calls in document["paths"].items()
        for verb in calls
        if verb in VERBS
    }


def test_every_call_of_the_soft_binding_api_is_there(api):
    assert calls_of(api.get("/sbr/v1/openapi.json").json(), "/sbr/v1") == {
        ("get", "/matches/byBinding"),
        ("post", "/matches/byBinding"),
        ("post", "/matches/byContent"),
        ("get", "/manifests/{manifestId}"),
        ("get", "/services/supportedAlgorithms"),
    }


def test_every_call_of_the_design_is_there(api):
    wanted = {
        ("post", "/attestations"),
        ("get", "/attestations"),
        ("get", "/attestations/{attestation_id}"),
        ("get", "/attestations/{attestation_id}/asset"),
        ("get", "/attestations/{attestation_id}/manifest"),
        ("get", "/attestations/{attestation_id}/proof"),
        ("post", "/attestations/{attestation_id}/revocation"),
        ("post", "/verifications"),
        ("post", "/screenings"),
        ("get", "/webhook"),
        ("put", "/webhook"),
        ("delete", "/webhook"),
        ("get", "/campaigns"),
        ("get", "/proofs/{leaf_index}"),
        ("get", "/campaigns/{campaign_id}"),
        ("post", "/campaigns/{campaign_id}/decision"),
        ("get", "/decisions"),
        ("post", "/decisions"),
        ("delete", "/decisions/{decision_id}"),
        ("get", "/banks"),
        ("post", "/banks"),
        ("delete", "/banks/{entry_id}"),
        ("get", "/range/{prefix}"),
        ("post", "/lookup"),
    }
    assert calls_of(api.get("/api/v1/openapi.json").json(), "/api/v1") == wanted


def test_every_call_has_a_name_a_sentence_and_documented_problems(document):
    names = []
    for calls in document["paths"].values():
        for call in calls.values():
            names.append(call["operationId"])
            assert call["description"]
            assert any("application/problem+json" in r.get("content", {}) for r in call["responses"].values())
    assert len(set(names)) == len(names)


def test_no_operation_takes_its_request_as_a_query_parameter(document):
    """ninja makes a query parameter of a first argument that is not named `request`."""
    for calls in document["paths"].values():
        for call in calls.values():
            assert not {p["name"] for p in call.get("parameters", [])} & {
                "request",
                "_request",
                "req",
                "_",
                "response",
            }


def test_there_is_no_page_that_loads_from_elsewhere(api, problem):
    problem(api.get("/api/v1/docs"), 404, "not_found")


def test_a_problems_type_can_be_fetched(api, problem):
    found = problem(api.get("/api/v1/range/x"), 422, "invalid_prefix")
    row = api.get(found["type"]).json()
    assert row == {"code": "invalid_prefix", "status": 422, "title": found["title"]}
    problem(api.get("/api/v1/problems/nonsense"), 404, "not_found")
