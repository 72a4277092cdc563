"""Campaigns in the database: what is kept as items come and go is what a look at all ties would say."""

import hashlib
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import queries
from detector.campaign import Tie, clusters
from detector.errors import DecisionInvalid
from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.fingerprints.exact import digest_print
from detector.fingerprints.fingerprint import Fingerprints
from detector.flows import decisions
from detector.flows.campaigns import join_campaign
from detector.flows.forget_item import forget
from detector.flows.index_item import index
from detector.flows.live_index import LiveIndex
from detector.flows.tie_again import tie_again
from detector.models import Campaign, Item, Standing, TieRow
from provenance.assets.asset import Medium

pytestmark = pytest.mark.django_db
SPAM = "Congratulations! You have won a free iPhone, click here to claim your prize now"
OTHER = "The committee meets on Thursday to discuss the budget for the new library"
STEP = st.one_of(
    st.tuples(st.just("come"), st.sets(st.integers(0, 30), max_size=8)),
    st.tuples(st.just("go"), st.sets(st.integers(0, 30), min_size=1, max_size=2)),
    st.tuples(st.just("part"), st.sets(st.integers(0, 30), min_size=2, max_size=2)),
)


def item(tenant: str = "t", **more: str) -> Item:
    digest = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    return index(
        Fingerprints(digest, Medium.TEXT, (digest_print(digest),)), kind="screened", tenant=tenant, **more
    )


def kept(tenant: str) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for number, campaign in Item.objects.filter(tenant=tenant).order_by("pk").values_list("pk", "campaign"):
        if campaign is not None:
            found.setdefault(campaign, []).append(number)
    sizes = dict(Campaign.objects.filter(tenant=tenant).values_list("pk", "size"))
    assert sizes == {campaign: len(members) for campaign, members in found.items()}
    return sorted(found.values())


@given(st.lists(STEP, min_size=4, max_size=25))
@settings(max_examples=25)
def test_what_is_kept_is_what_all_ties_say_however_items_come_and_go(
    steps: list[tuple[str, set[int]]],
) -> None:
    tenant = uuid.uuid4().hex
    items: list[Item] = []
    ties: set[tuple[int, int]] = set()
    apart: set[tuple[int, int]] = set()
    for what, numbers in steps:
        meant = [items[n % len(items)] for n in sorted(numbers)] if items else []
        if what == "go":
            forget([str(each.uid) for each in meant])
            items = [each for each in items if each not in meant]
            ties = {pair for pair in ties if not {each.pk for each in meant} & set(pair)}
        elif what == "come":
            fresh = item(tenant)
            join_campaign(fresh, [each.pk for each in meant])
            ties |= {(each.pk, fresh.pk) for each in meant}
            items.append(fresh)
        elif len({each.pk for each in meant}) == 2:
            decisions.decide_pair(meant[0], meant[1], same=False, by="mod")
            apart.add((min(meant[0].pk, meant[1].pk), max(meant[0].pk, meant[1].pk)))
        assert kept(tenant) == clusters((Tie(*pair) for pair in ties), apart)


def test_a_newcomer_with_three_ties_into_one_campaign_joins_without_a_look_at_the_whole(
    django_assert_max_num_queries: object,
) -> None:
    members = [item()]
    for _ in range(12):
        members.append(item())
        join_campaign(members[-1], [each.pk for each in members[:-1]][-8:])
    fresh = item()
    with django_assert_max_num_queries(20):  # type: ignore[operator]  # a fixture of pytest-django
        joined = join_campaign(fresh, [each.pk for each in members[:5]])
    assert joined is not None
    assert joined.size == 14


def test_an_item_whose_going_parts_a_campaign_parts_it() -> None:
    members = [item() for _ in range(3)]
    join_campaign(members[1], [members[0].pk])
    assert join_campaign(members[2], [members[1].pk]) is not None
    forget([str(members[1].uid)])
    assert kept("t") == []
    assert Campaign.objects.count() == 0


def prints(text: str, embedders: Embedders) -> Fingerprints:
    return text_fingerprints([text], embedders)[0]


def test_copies_find_each_other_again_when_those_they_were_tied_to_are_gone(
    tmp_path: Path, without_model: Embedders
) -> None:
    live = LiveIndex(tmp_path)
    copies = [
        index(prints(f"{SPAM} {'x' * n}", without_model), kind="screened", tenant="t") for n in range(14)
    ]
    for copy in copies:
        live.join(copy)
    ties = TieRow.objects.filter(first__in=copies[10:], second__in=copies[10:])
    ties.delete()
    forget([str(copy.uid) for copy in copies[:10]])
    assert kept("t") == []
    assert tie_again(live) == 4
    assert kept("t") == [[copy.pk for copy in copies[10:]]]
    assert tie_again(live) == 0


def test_a_pair_called_not_the_same_is_matched_no_more_and_parted(
    tmp_path: Path, without_model: Embedders
) -> None:
    live = LiveIndex(tmp_path)
    first, second = (
        index(prints(t, without_model), kind="screened", tenant="t") for t in (SPAM, SPAM + " ok")
    )
    live.join(second)
    assert kept("t") == [[first.pk, second.pk]]
    word = decisions.decide_pair(first, second, same=False, by="mod", note="two raffles")
    assert kept("t") == []
    assert live.match(prints(SPAM, without_model), tenant_filter="t", exclude={first.pk}).matches == ()
    live.join(second)
    assert kept("t") == []
    assert decisions.withdraw(uuid.UUID(word.id))
    assert tie_again(live) == 2
    assert kept("t") == [[first.pk, second.pk]]
    assert not decisions.withdraw(uuid.UUID(word.id))


def test_a_pair_called_the_same_is_matched_from_then_on(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    first, second = (index(prints(t, without_model), kind="screened", tenant="t") for t in (SPAM, OTHER))
    assert live.match(prints(SPAM, without_model), tenant_filter="t", exclude={first.pk}).matches == ()
    decisions.decide_pair(first, second, same=True, by="mod")
    assert kept("t") == [[first.pk, second.pk]]
    match = live.match(prints(SPAM, without_model), tenant_filter="t", exclude={first.pk}).matches[0]
    assert (match.item, match.method) == (str(second.uid), decisions.DECISION_METHOD)
    assert live.match(prints(SPAM, without_model), tenant_filter="u").matches == ()
    assert (
        live.match(prints(SPAM, without_model), tenant_filter="t", before=second.pk).matches[0].method
        != "decision/1"
    )


def test_the_same_bytes_cannot_be_called_two_things(without_model: Embedders) -> None:
    first, second = (index(prints(SPAM, without_model), kind="screened", tenant="t") for _ in range(2))
    with pytest.raises(DecisionInvalid):
        decisions.decide_pair(first, second, same=False, by="mod")


def crowd(text: str, tmp_path: Path, embedders: Embedders, authors: int = 60) -> str:
    live = LiveIndex(tmp_path)
    found = prints(text, embedders)
    for number in range(authors):
        made = index(found, kind="screened", tenant="t", author=f"a{number}", source=f"s{number % 7}")
        join_campaign(made, [each.pk for each in Item.objects.order_by("-pk")[1:6]])
    assert live.match(found, tenant_filter="t").campaign is not None
    return str(Campaign.objects.get().standing)


GREETING = "Happy birthday to you dear, have a wonderful and lovely day!"


def test_a_greeting_from_very_many_people_is_quarantined(tmp_path: Path, without_model: Embedders) -> None:
    assert crowd(GREETING, tmp_path, without_model) == Standing.BENIGN


@pytest.mark.parametrize("text", [f"{GREETING} Call 555 0199", f"{GREETING} see prize.example", GREETING * 3])
def test_what_asks_for_something_or_is_long_is_not(
    text: str, tmp_path: Path, without_model: Embedders
) -> None:
    assert crowd(text, tmp_path, without_model) == Standing.ACTIVE


def test_few_people_are_no_crowd(tmp_path: Path, without_model: Embedders) -> None:
    assert crowd(GREETING, tmp_path, without_model, authors=20) == Standing.ACTIVE


def test_a_moderators_word_on_a_campaign_outlives_what_joins_it() -> None:
    first, second = item(), item()
    campaign = join_campaign(second, [first.pk])
    assert campaign is not None
    decisions.decide_campaign(campaign, same=False)
    join_campaign(item(), [first.pk, second.pk])
    assert [one.standing for one in queries.campaigns(tenant="t")] == [Standing.DISMISSED]
