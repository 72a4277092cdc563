"""Moderators' words over HTTP: on pairs, on campaigns, and what the banks hold."""

import pytest

DECISIONS, BANKS, CAMPAIGNS = "/api/v1/decisions", "/api/v1/banks", "/api/v1/campaigns"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_left")]
SPAM = "Congratulations, you have won a free cruise to the Bahamas, call {} now to claim your prize today"


@pytest.fixture
def moderating(moderator, key_for):
    return key_for(moderator, "moderate")[1]


@pytest.fixture
def screen(api, keyed):
    def post(text):
        return api.post("/api/v1/screenings", {"text": text}, content_type="application/json", **keyed).json()

    return post


def send(api, address, body, headers, method="post"):
    return getattr(api, method)(address, body, content_type="application/json", **headers)


def test_a_pair_called_not_the_same_is_matched_no_more(api, screen, moderating, keyed, problem):
    first, second = (screen(SPAM.format(number)) for number in (1, 2))
    assert second["similarity"]["matches"][0]["item"] == first["id"]
    word = {"first": first["id"], "second": second["id"], "same": False, "note": "two raffles"}
    problem(send(api, DECISIONS, word, keyed), 403, "forbidden")
    made = send(api, DECISIONS, word, moderating)
    assert made.status_code == 201, made.content
    assert (made.json()["same"], made.json()["note"]) == (False, "two raffles")
    assert api.get(CAMPAIGNS, **moderating).json()["items"] == []
    assert screen(SPAM.format(2))["similarity"]["matches"][0]["item"] == second["id"]
    listed = api.get(DECISIONS, **moderating).json()
    assert ([one["id"] for one in listed["items"]], listed["next"]) == ([made.json()["id"]], None)
    gone = f"{DECISIONS}/{made.json()['id']}"
    assert api.delete(gone, **moderating).status_code == 204
    problem(api.delete(gone, **moderating), 404, "not_found")


@pytest.mark.parametrize(
    "word", [{}, {"first": "x", "second": "y"}, {"first": "x" * 65, "second": "y", "same": 1}]
)
def test_a_word_that_is_none_is_422(api, moderating, word, problem):
    problem(send(api, DECISIONS, word, moderating), 422, "invalid_request")


def test_a_word_on_what_is_not_there_is_404_and_on_one_content_422(api, screen, moderating, problem):
    same = [screen(SPAM.format(1))["id"] for _ in range(2)]
    body = {"first": same[0], "second": "nonsense", "same": True}
    problem(send(api, DECISIONS, body, moderating), 404, "not_found")
    problem(send(api, DECISIONS, body | {"second": same[1]}, moderating), 422, "decision_invalid")


def test_a_dismissed_campaign_is_flagged_no_more(api, screen, moderating, keyed, problem):
    for number in range(4):
        screen(SPAM.format(number))
    identity = api.get(CAMPAIGNS, **keyed).json()["items"][0]["id"]
    address = f"{CAMPAIGNS}/{identity}/decision"
    problem(send(api, address, {"same": False}, keyed), 403, "forbidden")
    assert send(api, address, {"same": False}, moderating).json()["standing"] == "dismissed"
    report = screen(SPAM.format(9))
    assert report["action"] == "accept"
    assert report["similarity"]["campaign"]["standing"] == "dismissed"
    found = api.get(CAMPAIGNS, {"standing": "dismissed"}, **keyed).json()["items"]
    assert [one["id"] for one in found] == [identity]
    assert api.get(CAMPAIGNS, {"standing": "active"}, **keyed).json()["items"] == []
    detail = api.get(f"{CAMPAIGNS}/{identity}", **keyed).json()
    assert sum(one["count"] for one in detail["daily"]) == 5
    problem(send(api, f"{CAMPAIGNS}/nonsense/decision", {"same": True}, moderating), 404, "not_found")


def test_a_content_of_the_deny_bank_is_flagged_until_it_is_taken_out(api, screen, moderating, keyed, problem):
    entry = {"bank": "deny", "label": "cruise", "text": SPAM.format(1)}
    problem(send(api, BANKS, entry, keyed), 403, "forbidden")
    made = send(api, BANKS, entry, moderating)
    assert made.status_code == 201, made.content
    report = screen(SPAM.format(2).upper())
    assert (report["action"], report["reasons"][0]["code"]) == ("flag", "known_bad")
    assert report["similarity"]["bank"]["label"] == "cruise"
    assert [one["id"] for one in api.get(BANKS, **moderating).json()["items"]] == [made.json()["id"]]
    assert api.get(BANKS, {"bank": "allow"}, **moderating).json()["items"] == []
    address = f"{BANKS}/{made.json()['id']}"
    assert api.delete(address, **moderating).status_code == 204
    assert screen(SPAM.format(3))["similarity"]["bank"] is None
    problem(api.delete(address, **moderating), 404, "not_found")


def test_a_picture_goes_into_a_bank(api, moderating, jpeg, upload):
    body = {"file": upload(jpeg(200, (480, 320))), "bank": "allow", "label": "badge"}
    assert api.post(BANKS, body, **moderating).json()["medium"] == "image"
    text = send(
        api, "/api/v1/verifications", {"text": "Anybody may ask, and is told of the banks."}, {}
    ).json()
    assert text["similarity"]["bank"] is None
