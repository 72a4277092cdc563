"""Screening over HTTP, and the campaigns that come of it."""

import pytest

SCREEN = "/api/v1/screenings"
CAMPAIGNS = "/api/v1/campaigns"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_left")]
SPAM = "Congratulations, you have won a free cruise to the Bahamas, call {} now to claim your prize today"


@pytest.fixture
def screen(api, keyed):
    def post(text, headers=None, **fields):
        return api.post(
            SCREEN, {"text": text, **fields}, content_type="application/json", **(headers or keyed)
        )

    return post


@pytest.fixture
def burst(screen):
    return [screen(SPAM.format(n), source=f"forum{n % 2}", author=f"a{n}").json() for n in range(5)]


def test_an_item_alone_resembles_nothing(screen):
    report = screen("Has anybody seen my bicycle near the station?").json()
    assert report["similarity"]["matches"] == []
    assert report["similarity"]["campaign"] is None


def test_a_burst_of_near_duplicates_becomes_a_campaign(api, keyed, burst):
    last = burst[-1]
    assert last["similarity"]["matches"]
    assert last["similarity"]["campaign"]["size"] == 5
    assert last["action"] in ("review", "flag")
    assert "campaign" in [reason["code"] for reason in last["reasons"]]
    listed = api.get(CAMPAIGNS, **keyed).json()
    assert [one["size"] for one in listed["items"]] == [5]
    assert listed["next"] is None
    detail = api.get(f"{CAMPAIGNS}/{listed['items'][0]['id']}", **keyed).json()
    assert len(detail["members"]) == 5
    assert {one["name"]: one["count"] for one in detail["top_sources"]} == {"forum0": 3, "forum1": 2}
    assert sum(one["count"] for one in detail["growth"]) == 5
    assert "tenant" not in detail["members"][0]


def test_another_tenants_campaign_is_not_there(api, other, key_for, burst, keyed, problem, moderator):
    identity = api.get(CAMPAIGNS, **keyed).json()["items"][0]["id"]
    _, theirs = key_for(other)
    assert api.get(CAMPAIGNS, **theirs).json()["items"] == []
    problem(api.get(f"{CAMPAIGNS}/{identity}", **theirs), 404, "not_found")
    assert api.get(f"{CAMPAIGNS}/{identity}", **key_for(moderator, "moderate")[1]).status_code == 200


@pytest.mark.parametrize("identity", ["7b9f4fc2-0f0e-4d83-8a4b-3c9b6cbb7d7f", "nonsense", "%00", "x" * 500])
def test_an_unknown_campaign_is_404(api, keyed, identity, problem):
    problem(api.get(f"{CAMPAIGNS}/{identity}", **keyed), 404, "not_found")


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"offset": -1}, {"offset": "x"}, {"offset": 10**30}]
)
def test_campaigns_asked_for_wrongly_are_422(api, keyed, query, problem):
    problem(api.get(CAMPAIGNS, query, **keyed), 422, "invalid_request")


def test_the_same_idempotency_key_indexes_once(api, screen, keyed, other, key_for):
    from detector.models import Item

    headers = {**keyed, "HTTP_IDEMPOTENCY_KEY": "post-1"}
    for _ in range(3):
        assert screen("A text that is sent three times over", headers=headers).status_code == 200
    assert Item.objects.count() == 1
    screen("A text of another tenant", headers={**key_for(other)[1], "HTTP_IDEMPOTENCY_KEY": "post-1"})
    assert Item.objects.count() == 2


def test_an_idempotency_key_of_other_content_is_409(keyed, screen, problem):
    headers = {**keyed, "HTTP_IDEMPOTENCY_KEY": "post-1"}
    assert screen("A text that is sent under one key", headers=headers).status_code == 200
    problem(screen("Another text under the same key", headers=headers), 409, "idempotency_conflict")


def test_the_longest_idempotency_key_fits_its_column(keyed, screen):
    from detector.models import Item

    headers = {**keyed, "HTTP_IDEMPOTENCY_KEY": "k" * 150}
    assert screen("A text that is sent under a long key", headers=headers).status_code == 200
    assert len(Item.objects.get().key) <= Item._meta.get_field("key").max_length


def test_a_picture_is_screened_and_its_copy_recognised(api, keyed, jpeg, upload):
    def post(data):
        return api.post(SCREEN, {"file": upload(data), "source": "s", "author": "a"}, **keyed).json()

    post(jpeg(200, (480, 320)))
    copy = post(jpeg(200, (240, 160)))
    assert copy["similarity"]["matches"][0]["why"]


def test_labels_lose_what_a_database_would_not_take(api, keyed, screen):
    from detector.models import Item

    assert screen("Some words worth looking at here", source="a\x00b\n", author="\u202ec").status_code == 200
    item = Item.objects.get()
    assert (item.source, item.author) == ("ab", "c")


def test_labels_have_a_length(screen, problem):
    problem(screen("x", source="s" * 201), 422, "invalid_request")


@pytest.mark.parametrize("text", ["", "\ud800"])
def test_a_text_that_is_none_is_refused(api, keyed, text, problem):
    import json

    response = api.post(SCREEN, json.dumps({"text": text}), content_type="application/json", **keyed)
    assert response.status_code in (400, 422)
    problem(response, response.status_code, response.json()["code"])


@pytest.mark.parametrize("text", ["👍", "a\x00b", "\u200b\u200b", "x" * 100_000, "\ufeff"])
def test_odd_texts_are_screened(screen, text):
    assert screen(text).status_code == 200
