"""Keys, sessions, scopes, CSRF and origins (FAULTS 28 to 31)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from service import accounts

LIST = "/api/v1/attestations"


@pytest.fixture
def logged_in(api, account):
    assert api.login(username="ada", password="long enough 1")
    return api


def test_without_key_or_login_there_is_nothing_to_see(api, problem):
    response = api.get(LIST)
    problem(response, 401, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_key_opens_what_its_scope_allows_and_nothing_else(api, account, key_for, problem):
    _, reading = key_for(account, "verify")
    assert api.get(LIST, **reading).status_code == 200
    problem(api.post(LIST, {"text": "x", "source_type": "human"}, **reading), 403, "forbidden")
    problem(api.post("/api/v1/screenings", {"text": "x"}, **reading), 403, "forbidden")
    problem(api.get("/api/v1/campaigns", **reading), 403, "forbidden")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer assay_nobody_knows",
        "Bearer x",
        "Bearer ",
        "Bearer",
        "Basic YTpi",
        "assay_x_y",
        "Bearer assay_\u00e9\u00e9_x",
        "Bearer assay_000000000000_\x00",
        "Bearer " + "x" * 5000,
    ],
)
def test_a_key_nobody_knows_is_401_however_it_is_spelled(api, header, problem):
    problem(api.get(LIST, HTTP_AUTHORIZATION=header), 401, "unauthenticated")


def test_an_expired_a_revoked_and_an_orphaned_key_are_401(api, account, other, key_for, problem):
    expired, one = key_for(account)
    expired.expires_at = timezone.now() - timedelta(seconds=1)
    expired.save()
    revoked, two = key_for(account)
    accounts.revoke_key(revoked)
    _, three = key_for(other)
    other.is_active = False
    other.save()
    for headers in (one, two, three):
        problem(api.get(LIST, **headers), 401, "unauthenticated")


def test_a_key_with_one_wrong_character_is_401(api, account, key_for, problem):
    _, headers = key_for(account)
    secret = headers["HTTP_AUTHORIZATION"]
    altered = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    problem(api.get(LIST, HTTP_AUTHORIZATION=altered), 401, "unauthenticated")


def test_a_call_with_a_key_accepts_no_cookie(logged_in, other, key_for, problem):
    problem(logged_in.get(LIST, HTTP_AUTHORIZATION="Bearer assay_no_key"), 401, "unauthenticated")
    problem(logged_in.get(LIST, HTTP_AUTHORIZATION="Basic YTpi"), 401, "unauthenticated")
    # The key's account counts, not the cookie's.
    _, headers = key_for(other, "screen")
    problem(logged_in.get(LIST, **headers), 403, "forbidden")


def test_a_login_reads_without_a_token_and_writes_only_with_one(logged_in, problem):
    assert logged_in.get(LIST).status_code == 200
    wish = {"text": "x", "source_type": "nonsense"}
    problem(logged_in.post(LIST, wish), 403, "csrf_failed")
    logged_in.get("/admin/login/")
    logged_in.get("/login/")
    token = logged_in.cookies.get("csrftoken")
    if token is None:
        from django.middleware.csrf import _get_new_csrf_string

        logged_in.cookies["csrftoken"] = _get_new_csrf_string()
        token = logged_in.cookies["csrftoken"]
    problem(logged_in.post(LIST, wish, HTTP_X_CSRFTOKEN=token.value), 422, "unknown_source_type")


def test_a_login_may_not_moderate(logged_in, api, moderator, problem):
    problem(logged_in.get(f"{LIST}/{moderator.public_id}"), 404, "not_found")


def test_verifying_needs_nobody_but_refuses_a_bad_key(api, problem):
    asked = {"sha256": "0" * 64}
    assert api.post("/api/v1/verifications", asked).status_code == 200
    problem(api.post("/api/v1/verifications", asked, HTTP_AUTHORIZATION="Bearer no"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "path", ["/api/v1/range/00000", "/api/v1/openapi.json", "/log/checkpoint", LIST, "/healthz"]
)
def test_no_origin_is_ever_allowed_with_credentials(logged_in, path):
    response = logged_in.get(path, HTTP_ORIGIN="https://evil.example")
    assert response.get("Access-Control-Allow-Credentials") is None
    allowed = response.get("Access-Control-Allow-Origin")
    public = path.startswith(("/api/v1/range", "/api/v1/openapi", "/log/"))
    assert allowed == ("*" if public else None)


def test_a_cross_site_preflight_is_answered_with_nothing(api, problem):
    response = api.options(
        LIST, HTTP_ORIGIN="https://evil.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST"
    )
    problem(response, 405, "method_not_allowed")
    assert response.get("Access-Control-Allow-Origin") is None


def test_over_the_rate_is_429_with_retry_after_and_reads_go_on(api, account, key_for, rate, problem):
    rate(3)
    _, headers = key_for(account)
    _, second = key_for(account)
    wish = {"text": "x", "source_type": "nonsense"}
    for _ in range(3):
        problem(api.post(LIST, wish, **headers), 422, "unknown_source_type")
    refused = api.post(LIST, wish, **headers)
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert api.get(LIST, **headers).status_code == 200
    problem(api.post(LIST, wish, **second), 422, "unknown_source_type")


def test_strangers_are_counted_by_address_and_an_ipv6_subscriber_is_one(api, rate, problem):
    rate(2)

    def ask(address):
        return api.post("/api/v1/verifications", {"sha256": "0" * 64}, REMOTE_ADDR=address)

    assert [ask("192.0.2.1").status_code for _ in range(2)] == [200, 200]
    problem(ask("192.0.2.1"), 429, "rate_limited")
    problem(ask("::ffff:192.0.2.1"), 429, "rate_limited")
    assert ask("192.0.2.2").status_code == 200
    assert [ask(f"2001:db8::{n}").status_code for n in (1, 2)] == [200, 200]
    problem(ask("2001:db8::3"), 429, "rate_limited")
    # Look-ups have a count of their own, and range none at all.
    body = {"sha256": ["0" * 64]}
    found = api.post("/api/v1/lookup", body, content_type="application/json", REMOTE_ADDR="192.0.2.1")
    assert found.status_code == 200
    assert all(api.get("/api/v1/range/00000", REMOTE_ADDR="192.0.2.1").status_code == 200 for _ in range(5))


def test_a_forged_forwarding_header_does_not_make_a_new_caller(api, rate, problem):
    rate(1)
    api.post("/api/v1/verifications", {"sha256": "0" * 64}, HTTP_X_FORWARDED_FOR="1.1.1.1")
    again = api.post("/api/v1/verifications", {"sha256": "0" * 64}, HTTP_X_FORWARDED_FOR="2.2.2.2")
    problem(again, 429, "rate_limited")
