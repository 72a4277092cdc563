import json
from collections.abc import Collection
from pathlib import Path

import pytest
from PIL import Image

from detector.fingerprints.compute import Embedders
from detector.fingerprints.fingerprint import Fingerprints
from detector.match import Matcher
from detector.matching.finding import RawMatch
from detector.media.workers import Workers
from detector.screening import screen
from detector.sources import ScreenItem, StreamInvalid, read_sources


def stream(folder: Path, *lines: str) -> Path:
    path = folder / "stream.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_each_item_sees_all_others_and_copies_form_one_campaign(embedders: Embedders) -> None:
    items = [
        ScreenItem("1", text="Win cash now! Text CLAIM to 80086 before midnight tonight", source="a"),
        ScreenItem("2", text="See you at the station at nine, bring the tickets please"),
        ScreenItem("3", text="W1n c4sh n0w! T3xt CLAIM t0 80086 b3f0r3 m1dn1ght t0n1ght", source="b"),
        ScreenItem("4", text="thanks!"),
        ScreenItem("5", text="thanks!"),
    ]
    results = list(screen(items, None, embedders))
    assert [[m.item for m in r.matches] for r in results] == [["3"], [], ["1"], ["5"], ["4"]]
    campaigns = [r.campaign for r in results]
    assert campaigns[0] is not None
    assert campaigns == [campaigns[0], None, campaigns[0], None, None]
    cluster = results[0].similarity.campaign
    assert cluster is not None
    assert (cluster.size, cluster.sources) == (2, 2)
    assert list(screen(items, None, embedders)) == results


def test_what_found_nothing_itself_says_who_found_it(
    embedders: Embedders, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [
        ScreenItem("1", text="Win cash now! Text CLAIM to 80086 before midnight tonight"),
        ScreenItem("2", text="W1n c4sh n0w! T3xt CLAIM t0 80086 b3f0r3 m1dn1ght t0n1ght"),
        ScreenItem("3", text="thanks!"),
        ScreenItem("4", text="thanks!"),
    ]
    whole = Matcher.match

    def blind(self: Matcher, prints: Fingerprints, *, exclude: Collection[int]) -> list[RawMatch]:
        return [] if set(exclude) & {1, 3} else whole(self, prints, exclude=exclude)

    monkeypatch.setattr(Matcher, "match", blind)
    first, second, third, fourth = screen(items, None, embedders)
    assert first.campaign is not None
    assert first.campaign == second.campaign
    assert (first.found_from, third.found_from) == (None, None)
    assert second.matches == ()
    assert second.found_from is not None
    assert (second.found_from.item, second.found_from.why) == ("1", first.matches[0].why)
    assert fourth.campaign is None
    assert fourth.found_from is not None
    assert fourth.found_from.item == "3"


def test_whoever_found_something_itself_needs_nobody_to_say_why(embedders: Embedders) -> None:
    text = "Win cash now! Text CLAIM to 80086 before midnight tonight"
    items = [ScreenItem("1", text=text), ScreenItem("2", text=text), ScreenItem("3", text="Quite another")]
    assert [result.found_from for result in screen(items, None, embedders)] == [None, None, None]


def test_with_references_items_are_matched_to_them_alone(embedders: Embedders) -> None:
    text = "Win cash now! Text CLAIM to 80086 before midnight tonight"
    items = [ScreenItem("1", text=text), ScreenItem("2", text=text)]
    results = list(screen(items, [ScreenItem("r", text=text.upper())], embedders))
    assert [([m.item for m in r.matches], r.campaign) for r in results] == [(["r"], None), (["r"], None)]


def test_a_folder_of_photos_with_copies_lists_each_group(
    tmp_path: Path, photos: dict[str, Image.Image], without_model: Embedders
) -> None:
    for name, photo in photos.items():
        photo.save(tmp_path / f"{name}.png", compress_level=1)
        photo.resize((320, 214)).save(tmp_path / f"{name}-small.jpg", quality=60)
        photo.save(tmp_path / f"{name}-renamed.webp", quality=50)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "china-small.jpg").read_bytes()[:3000])
    (tmp_path / ".hidden").write_text("x")
    results = {Path(r.item).name: r for r in screen(read_sources([tmp_path]), None, without_model)}
    assert len(results) == 7
    for name in photos:
        group = {n: r for n, r in results.items() if n.startswith(name)}
        assert len({r.campaign for r in group.values()}) == 1
        assert all({Path(m.item).name for m in r.matches} == set(group) - {n} for n, r in group.items())
    assert results["cut.jpg"].unread is not None
    assert results["cut.jpg"].matches == ()


def test_results_are_the_same_however_many_workers_there_are(
    tmp_path: Path, photos: dict[str, Image.Image]
) -> None:
    for name, photo in photos.items():
        for side in (64, 200, 320):
            photo.resize((side, side)).save(tmp_path / f"{name}-{side}.jpg")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 30)
    (tmp_path / "note.txt").write_text("Win cash now! Text CLAIM to 80086 before midnight tonight")
    (tmp_path / "list.jsonl").write_text(
        '{"id": 1, "text": "WIN CASH NOW!! Text CLAIM to 80086 before midnight"}'
    )
    items = list(read_sources([tmp_path]))
    seen: list[ScreenItem] = []
    alone = list(screen(items, None, Embedders(), done=seen.append))
    assert seen == items
    assert [each.item for each in alone] == [item.id for item in items]
    assert sum(each.campaign is not None for each in alone) == 8
    for count in (1, 3):
        workers = Workers(count)
        try:
            assert list(screen(items, None, Embedders(workers=workers))) == alone
        finally:
            workers.close()


def test_a_file_that_may_not_be_opened_is_reported_and_the_rest_is_screened(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("thanks!")
    items = [ScreenItem("gone", path=tmp_path / "gone.jpg"), ScreenItem("a", path=tmp_path / "a.txt")]
    gone, other = screen(items, None, Embedders())
    assert gone.unread is not None
    assert (gone.unread.code, gone.matches) == ("media_unreadable", ())
    assert other.unread is None


def test_a_stream_of_texts_is_read(tmp_path: Path) -> None:
    path = stream(
        tmp_path, '{"id": 1, "text": "a", "source": "s", "author": null}', "", '{"id": "b", "text": ""}'
    )
    assert list(read_sources([path])) == [ScreenItem("1", text="a", source="s"), ScreenItem("b", text="")]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "3",
        '{"id": "x"}',
        '{"text": "x"}',
        '{"id": "", "text": "x"}',
        '{"id": true, "text": "x"}',
        '{"id": "x", "text": 3}',
        '{"id": "x", "text": "y", "source": []}',
        '{"id": "first", "text": "again"}',
        "[" * 100000,
        "\x00",
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = stream(tmp_path, json.dumps({"id": "first", "text": "x"}), line)
    with pytest.raises(StreamInvalid, match=r"stream\.jsonl, line 2"):
        list(read_sources([path]))


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StreamInvalid) as caught:
        list(read_sources([tmp_path / "nothing"]))
    assert caught.value.code == "no_such_path"
