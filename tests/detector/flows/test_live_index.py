import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from detector import queries
from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.fingerprints.fingerprint import Fingerprints
from detector.flows import live_index
from detector.flows.forget_item import forget
from detector.flows.index_item import index
from detector.flows.live_index import LiveIndex
from detector.flows.rebuild import rebuild
from detector.index import snapshot
from detector.index.growing import GrowingIndex
from detector.models import Campaign, FingerprintRow, Item
from detector.similarity import Similarity

pytestmark = pytest.mark.django_db

SPAM = "Congratulations! You have won a free iPhone, click here to claim your prize now"
OTHER = "The committee meets on Thursday to discuss the budget for the new library"


def prints(text: str, embedders: Embedders) -> Fingerprints:
    return text_fingerprints([text], embedders)[0]


def screened(live: LiveIndex, text: str, embedders: Embedders, tenant: str = "t", **more: str) -> Similarity:
    found = prints(text, embedders)
    similarity = live.match(found, tenant_filter=tenant)
    item = index(found, kind="screened", tenant=tenant, **more)
    return live.with_campaign(similarity, item)


def test_an_item_added_by_another_process_is_found_at_once(tmp_path: Path, without_model: Embedders) -> None:
    ours, theirs = LiveIndex(tmp_path / "a"), LiveIndex(tmp_path / "b")
    ours.warm()
    theirs.warm()
    item = index(prints(SPAM, without_model), kind="attested", tenant="t", subject="s-1")
    for live in (ours, theirs):
        match = live.match(prints(SPAM.upper(), without_model)).matches[0]
        assert (match.item, match.subject, match.tenant) == (str(item.uid), "s-1", "t")


def test_a_rebuild_waits_for_merges_and_lets_questions_in_meanwhile(
    tmp_path: Path, without_model: Embedders, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(prints(SPAM, without_model), kind="attested", tenant="t")
    live = LiveIndex(tmp_path / "a")
    let_in = []

    def pace(_: GrowingIndex) -> None:
        asking = threading.Thread(target=lambda: let_in.append(len(live.methods)))
        asking.start()
        asking.join(10)

    monkeypatch.setattr(GrowingIndex, "pace", pace)
    monkeypatch.setattr(live_index, "_CHUNK", 1)
    live.start()
    assert let_in
    assert min(let_in) > 0


def test_an_item_is_indexed_once_by_its_key(tmp_path: Path, without_model: Embedders) -> None:
    found = prints(SPAM, without_model)
    first = index(found, kind="attested", tenant="t", key="k")
    assert index(found, kind="attested", tenant="t", key="k") == first
    assert (Item.objects.count(), FingerprintRow.objects.count()) == (1, 4)


def test_screened_items_are_seen_by_their_own_account_alone(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    found = prints(SPAM, without_model)
    index(found, kind="screened", tenant="a")
    assert len(live.match(found, tenant_filter="a").matches) == 1
    assert live.match(found, tenant_filter="b").matches == ()
    assert live.match(found).matches == ()


def test_copies_form_a_campaign_that_other_accounts_do_not_share(
    tmp_path: Path, without_model: Embedders
) -> None:
    live = LiveIndex(tmp_path)
    assert screened(live, SPAM, without_model, source="a", author="x").campaign is None
    assert screened(live, OTHER, without_model).campaign is None
    campaign = screened(live, SPAM.upper(), without_model, source="b", author="x").campaign
    assert campaign is not None
    assert (campaign.size, campaign.sources, campaign.authors) == (2, 2, 1)
    assert screened(live, SPAM + "!!", without_model, tenant="u").campaign is None
    detail = queries.campaign(campaign.id, tenant="t")
    assert detail is not None
    assert [member.source for member in detail.members] == ["a", "b"]
    assert sum(number for _, number in detail.growth) == 2
    assert queries.campaign(campaign.id, tenant="u") is None
    assert queries.campaign("not-an-id") is None
    assert [c.id for c in queries.campaigns(tenant="t")] == [campaign.id]
    assert queries.campaigns(tenant="u") == []


def test_a_bridge_merges_campaigns_into_the_oldest(tmp_path: Path, without_model: Embedders) -> None:
    from detector.flows.campaigns import join_campaign

    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 4, 1, 2, 5)]
    items = [
        index(prints(f"text number {n} of a test", without_model), kind="screened", tenant="t", time=time)
        for n, time in enumerate(times)
    ]
    join_campaign(items[1], [items[0].pk])
    older = join_campaign(items[3], [items[2].pk])
    merged = join_campaign(items[4], [items[0].pk, items[2].pk])
    assert merged is not None
    assert older is not None
    assert merged.pk == older.pk
    assert Campaign.objects.count() == 1
    assert (merged.size, merged.first_seen, merged.last_seen) == (5, times[2], times[4])
    assert join_campaign(Item.objects.get(pk=items[4].pk), [items[0].pk]) == merged


def test_short_texts_form_no_campaign(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    for _ in range(3):
        assert screened(live, "thanks!", without_model).campaign is None


def test_a_repeated_screening_does_not_match_itself(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    for _ in range(2):
        assert screened(live, SPAM, without_model, key="once").matches == ()


def test_a_deleted_item_is_not_found(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    for text in (SPAM, SPAM.upper()):
        screened(live, text, without_model)
    uids = [str(uid) for uid in Item.objects.values_list("uid", flat=True)]
    assert forget(uids[:1]) == 1
    assert [m.item for m in live.match(prints(SPAM, without_model), tenant_filter="t").matches] == uids[1:]
    assert Campaign.objects.count() == 0


def test_a_snapshot_is_loaded_and_brought_up_to_date(tmp_path: Path, without_model: Embedders) -> None:
    first = LiveIndex(tmp_path)
    index(prints(SPAM, without_model), kind="attested", tenant="t")
    first.warm()
    first.snapshot()
    index(prints(OTHER, without_model), kind="attested", tenant="t")
    second = LiveIndex(tmp_path)
    second.warm()
    assert not second.degraded
    assert len(second) == 2
    for text in (SPAM, OTHER):
        assert len(second.match(prints(text, without_model)).matches) == 1


def test_a_snapshot_is_written_only_when_there_is_something_to_say(
    tmp_path: Path, without_model: Embedders
) -> None:
    def written(live: LiveIndex) -> bool:
        before = manifest.stat().st_ino if manifest.exists() else None
        live.snapshot()
        return manifest.stat().st_ino != before

    manifest = tmp_path / "manifest.json"
    live = LiveIndex(tmp_path)
    live.warm()
    assert written(live)  # of nothing, so that the next start reads no rows
    assert not written(live)
    item = index(prints(SPAM, without_model), kind="attested", tenant="t")
    assert written(live)
    assert not written(live)
    again = LiveIndex(tmp_path)
    again.warm()
    assert not written(again)
    forget([str(item.uid)])
    assert again.match(prints(SPAM, without_model)).matches == ()
    assert written(again)
    assert not written(again)
    assert not written(live)  # the other process said it all
    next(tmp_path.rglob("*.index")).unlink()
    assert written(again)


def test_an_item_that_is_forgotten_leaves_the_next_snapshot(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    item = index(prints(SPAM, without_model), kind="attested", tenant="t")
    live.warm()
    live.snapshot()

    def held() -> bool:
        digest = bytes.fromhex(item.sha256)
        return any(digest in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert held()
    forget([str(item.uid)])
    assert live.match(prints(SPAM, without_model)).matches == ()
    live.snapshot()
    assert not held()
    assert len(live) == 0


@pytest.mark.parametrize("damage", ["truncated", "version", "other database"])
def test_a_bad_snapshot_is_rebuilt_from_the_rows(
    tmp_path: Path, without_model: Embedders, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    index(prints(SPAM, without_model), kind="attested", tenant="t")
    rebuild(tmp_path)
    if damage == "truncated":
        part = next(tmp_path.rglob("shingle3*.index"))
        part.write_bytes(part.read_bytes()[:100])
    elif damage == "version":
        manifest = tmp_path / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"version": 3', '"version": 2'))
    else:
        Item.objects.update(uid=uuid.uuid4())
    live = LiveIndex(tmp_path)
    live.warm()
    assert "rebuilding from the rows" in caplog.text
    assert len(live.match(prints(SPAM.upper(), without_model)).matches) == 1


@pytest.mark.django_db(transaction=True)
def test_damage_found_only_after_the_start_makes_it_degraded_and_rebuilt(
    tmp_path: Path,
    without_model: Embedders,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index(prints(SPAM, without_model), kind="attested", tenant="t")
    rebuild(tmp_path)
    live = LiveIndex(tmp_path)
    live.start()
    assert not live.degraded
    degraded = []
    monkeypatch.setattr(live, "finish", lambda: degraded.append(live.degraded) or LiveIndex.finish(live))
    held = snapshot.read(tmp_path)
    (held.folder / "items/tenants.json").write_bytes(b"[]")
    altered = threading.Thread(
        target=live._verify, args=(replace(held, unread={"items/tenants.json": ("0",)}),)
    )
    altered.start()
    altered.join()
    assert degraded == [True]
    assert "rebuilding from the rows" in caplog.text
    assert not live.degraded
    assert len(live.match(prints(SPAM.upper(), without_model)).matches) == 1


def test_answers_are_degraded_until_the_rebuild_is_done(tmp_path: Path, without_model: Embedders) -> None:
    index(prints(SPAM, without_model), kind="attested", tenant="t")
    live = LiveIndex(tmp_path)
    assert live.degraded
    live.warm()
    assert not live.match(prints(SPAM, without_model)).degraded


@pytest.mark.django_db(transaction=True)
def test_threads_index_and_ask_at_the_same_time(tmp_path: Path, without_model: Embedders) -> None:
    live = LiveIndex(tmp_path)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                text = f"{SPAM} {'abcdefgh'[number]}{'vwxyz'[turn]}"
                similarity = screened(live, text, without_model)
                assert not similarity.degraded
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Item.objects.count() == 20
    assert list(Campaign.objects.values_list("size", flat=True)) == [20]
