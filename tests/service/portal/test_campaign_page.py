"""A campaign's page: growth, members, and a moderator's word."""

import pytest
from django.test import Client
from django.urls import reverse

from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.flows.campaigns import join_campaign
from detector.flows.index_item import index
from detector.models import Campaign, Decision, Item

SPAM = "Congratulations, you have won a free cruise to the Bahamas, call {} now to claim your prize today"


@pytest.fixture
def campaign(reviewer: object) -> Campaign:
    found = text_fingerprints([SPAM.format(n) for n in "123"], Embedders(text=None))
    items = [
        index(one, kind="screened", tenant="t", source="<b>forum</b>", author=f"a{n}")
        for n, one in enumerate(found)
    ]
    for number in (1, 2):
        join_campaign(items[number], [each.pk for each in items[:number]])
    return Campaign.objects.get()


def test_the_review_list_leads_to_the_campaign_with_growth_and_members(
    reviewing: Client, campaign: Campaign
) -> None:
    page = reverse("campaign", args=[campaign.uid])
    assert page in reviewing.get(reverse("review")).content.decode()
    body = reviewing.get(page).content.decode()
    for said in ("Campaign of 3", "Growth", "a2", "&lt;b&gt;forum&lt;/b&gt;", "Not the same"):
        assert said in body


def test_a_word_on_the_whole_is_kept(reviewing: Client, campaign: Campaign) -> None:
    address = reverse("campaign-decide", args=[campaign.uid])
    body = reviewing.post(address, {"word": "not_same"}, follow=True).content.decode()
    assert "Dismissed by a moderator" in body
    reviewing.post(address, {"word": "perhaps"})
    campaign.refresh_from_db()
    assert campaign.standing == "dismissed"


def test_a_word_on_a_pair_parts_it(reviewing: Client, campaign: Campaign) -> None:
    first, second = Item.objects.order_by("pk")[:2]
    form = {"first": str(first.uid), "second": str(second.uid), "word": "not_same"}
    body = reviewing.post(reverse("campaign-pair", args=[campaign.uid]), form, follow=True).content.decode()
    assert "not the same" in body
    assert not Decision.objects.get().same
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.campaign_id is None or first.campaign_id != second.campaign_id


@pytest.mark.parametrize("form", [{}, {"first": "x", "second": "y", "word": "same"}])
def test_a_word_on_nothing_changes_nothing(
    reviewing: Client, campaign: Campaign, form: dict[str, str]
) -> None:
    answer = reviewing.post(reverse("campaign-pair", args=[campaign.uid]), form, follow=True)
    assert "no longer here" in answer.content.decode()
    assert not Decision.objects.exists()


def test_others_find_no_campaign_page(logged_in: Client, reviewing: Client, campaign: Campaign) -> None:
    assert logged_in.get(reverse("campaign", args=[campaign.uid])).status_code == 404
    nowhere = "7b9f4fc2-0f0e-4d83-8a4b-3c9b6cbb7d7f"
    assert reviewing.get(reverse("campaign", args=[nowhere])).status_code == 404
