"""Look-up by hash: k-anonymous by prefix, or by list."""

import hashlib

import pytest
from django.utils import timezone

from attest.models import LeafDigest, LeafRow


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def leaf(db):
    def make(index, revoked=False, **digests):
        now = timezone.now()
        row = LeafRow.objects.create(
            index=index,
            key=f"k{index}",
            data=b"x",
            leaf_hash=bytes(32),
            kind="attestation",
            created_at=now,
            revoked_at=now if revoked else None,
        )
        for role, digest in digests.items():
            LeafDigest.objects.create(leaf=row, role=role, digest=digest)

    return make


def test_a_prefix_lists_what_is_attested_under_it_and_nothing_else(api, leaf):
    prefix = "abcde"
    leaf(1, file=prefix + "0" * 59, asset=prefix + "1" * 59)
    leaf(2, revoked=True, file=prefix + "f" * 59)
    leaf(3, file="abcdd" + "f" * 59)
    leaf(4, file="abcdf" + "0" * 59)
    leaf(5, claim=prefix + "2" * 59)
    response = api.get(f"/api/v1/range/{prefix}")
    assert response.content.decode().splitlines() == [
        "0" * 59 + " attested 1",
        "1" * 59 + " attested 1",
        "f" * 59 + " revoked 2",
    ]
    assert response["Content-Type"].startswith("text/plain")
    assert response["Vary"] == "Accept"
    assert "max-age" in response["Cache-Control"]
    assert "public" in response["Cache-Control"]
    assert not response.cookies


def test_the_last_prefix_has_an_end(api, leaf):
    leaf(1, file="f" * 64)
    assert api.get("/api/v1/range/FFFFF").content.decode() == "f" * 59 + " attested 1\n"


def test_json_is_given_to_who_asks_for_it(api, leaf):
    leaf(1, file="abcde" + "0" * 59)
    response = api.get("/api/v1/range/abcde", HTTP_ACCEPT="application/json")
    assert response.json() == {
        "prefix": "abcde",
        "suffixes": [{"suffix": "0" * 59, "status": "attested", "leaf_index": 1}],
    }


def test_an_etag_spares_the_body_until_something_changes(api, leaf):
    first = api.get("/api/v1/range/abcde")
    again = api.get("/api/v1/range/abcde", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["Access-Control-Allow-Origin"] == "*"
    leaf(1, file="abcde" + "0" * 59)
    changed = api.get("/api/v1/range/abcde", HTTP_IF_NONE_MATCH=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_standing_attestation_of_the_same_bytes_beats_a_revoked_one(api, leaf):
    digest = "abcde" + "0" * 59
    leaf(1, revoked=True, file=digest)
    leaf(2, asset=digest)
    assert api.get("/api/v1/range/abcde").content.decode() == "0" * 59 + " attested 2\n"


@pytest.mark.parametrize(
    "prefix", ["abcd", "abcdef", "abcdg", "ABCD!", "%00%00%00%00%00", "١٢٣٤٥", "abcd%0a"]
)
def test_anything_but_five_hex_digits_is_422(api, prefix, problem):
    problem(api.get(f"/api/v1/range/{prefix}"), 422, "invalid_prefix")


def test_range_is_only_read(api, problem):
    response = api.post("/api/v1/range/abcde")
    problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]
    assert api.head("/api/v1/range/abcde").status_code == 200


def test_a_list_of_digests_is_answered_in_order(api, leaf):
    leaf(7, file=sha("a"))
    leaf(8, revoked=True, file=sha("b"))
    asked = {"sha256": [sha("c"), sha("b").upper(), sha("a"), sha("a")]}
    response = api.post("/api/v1/lookup", asked, content_type="application/json")
    assert response.json()["results"] == [
        {"sha256": sha("c"), "status": "none", "leaf_index": None},
        {"sha256": sha("b"), "status": "revoked", "leaf_index": 8},
        {"sha256": sha("a"), "status": "attested", "leaf_index": 7},
        {"sha256": sha("a"), "status": "attested", "leaf_index": 7},
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sha256": ["zz"]}, 422, "invalid_digest"),
        ({"sha256": ["0" * 63]}, 422, "invalid_digest"),
        ({"sha256": []}, 422, "invalid_request"),
        ({"sha256": ["0" * 64] * 1001}, 422, "invalid_request"),
        ({"sha256": "0" * 64}, 422, "invalid_request"),
        ({"sha256": [7]}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ([], 400, "malformed_body"),
    ],
)
def test_a_malformed_list_is_refused(api, body, status, code, problem):
    problem(api.post("/api/v1/lookup", body, content_type="application/json"), status, code)


def test_a_thousand_digests_are_looked_up_at_once(api, leaf):
    leaf(7, file=sha("500"))
    asked = {"sha256": [sha(str(n)) for n in range(1000)]}
    results = api.post("/api/v1/lookup", asked, content_type="application/json").json()["results"]
    assert [n for n, one in enumerate(results) if one["status"] == "attested"] == [500]
