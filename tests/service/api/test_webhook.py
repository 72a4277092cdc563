"""`/webhook`: one's own, with a secret shown once."""

import json

import pytest

URL = "/api/v1/webhook"


def put(api, keyed, url):
    return api.put(URL, json.dumps({"url": url}), content_type="application/json", **keyed)


def test_it_is_set_read_replaced_and_removed(api, keyed):
    first = put(api, keyed, "https://hooks.example.org/assay").json()
    assert first["secret"].startswith("whsec_")
    assert first["waiting"] == 0
    shown = api.get(URL, **keyed).json()
    assert "secret" not in shown
    assert shown["url"] == "https://hooks.example.org/assay"
    assert put(api, keyed, "https://hooks.example.org/assay").json()["secret"] != first["secret"]
    assert api.delete(URL, **keyed).status_code == 204


def test_where_none_is_set_there_is_none(api, keyed, problem):
    problem(api.get(URL, **keyed), 404, "not_found")
    problem(api.delete(URL, **keyed), 404, "not_found")


def test_it_takes_the_scope_attest_and_a_real_address(api, account, key_for, keyed, problem):
    problem(put(api, {}, "https://hooks.example.org/"), 401, "unauthenticated")
    problem(put(api, key_for(account, "verify")[1], "https://hooks.example.org/"), 403, "forbidden")
    problem(put(api, keyed, "ftp://hooks.example.org/"), 422, "invalid_webhook_url")
    problem(put(api, keyed, "https://h/" + "x" * 3000), 422, "invalid_request")


def test_nobody_sees_anothers(api, keyed, other, key_for, problem):
    put(api, keyed, "https://hooks.example.org/")
    problem(api.get(URL, **key_for(other)[1]), 404, "not_found")


@pytest.mark.parametrize("state", ["received", "held"])
def test_an_attestation_says_how_long_it_will_wait(api, account, keyed, attest_now, state):
    from service.models import Submission

    row = attest_now(account)
    Submission.objects.filter(pk=row.pk).update(state=state, leaf_index=None)
    found = api.get(f"/api/v1/attestations/{row.pk}", **keyed).json()["eta"]
    assert found is None if state == "held" else found["logged"] > 0
