"""The public part of a proof: enough to bring one's own further, and nothing of the file."""

import pytest

from attest.proofs.upgrade import PUBLIC


@pytest.fixture
def leaf(db):
    from datetime import UTC, datetime

    from attest.flows.append import append
    from attest.log.leaf import Kind, Opening

    opening = Opening.fresh({"file": "ab" * 32})
    now = datetime.now(UTC)
    return append(Kind.ATTESTATION, key="k", opening=opening, source_type="human", issued=now)


def test_anybody_may_have_the_public_part(api, leaf):
    answer = api.get(f"/api/v1/proofs/{leaf.index}")
    assert answer.status_code == 200
    assert answer.json()["state"] == "pending"
    assert set(answer.json()) <= set(PUBLIC)
    assert "ab" * 32 not in answer.content.decode()


@pytest.mark.parametrize("index", [1, 2**53, 10**30])
def test_a_leaf_that_is_not_there_is_named_so(api, leaf, index):
    answer = api.get(f"/api/v1/proofs/{index}")
    assert (answer.status_code, answer.json()["code"]) in {(409, "leaf_unknown"), (422, "invalid_request")}


def test_an_index_that_is_none_is_refused(api, leaf):
    for index in ("x", "-1", "1.5", "%00"):
        assert api.get(f"/api/v1/proofs/{index}").status_code in {404, 409, 422}
