"""`assay screen`: groups, matches against references, and the object an item."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from service.cli.demo.materials import CONVERSATION, spam


@pytest.fixture
def folder(tmp_path: Path, paint: Any) -> Path:
    """Two pictures, each with a smaller copy and a renamed one, and a third that stands alone."""
    found = tmp_path / "stream"
    found.mkdir()
    for seed in (3, 4):
        source = paint(found / f"p{seed}.jpg", seed)
        with Image.open(source) as picture:
            picture.resize((160, 120)).save(found / f"p{seed}-small.webp", quality=60)
        (found / f"renamed-{seed}.bin").write_bytes(source.read_bytes())
    paint(found / "alone.png", 5)
    return found


def lines(run: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.out.splitlines()]


def test_copies_are_grouped_and_a_stranger_stands_alone(assay: Any, folder: Path) -> None:
    run = assay("screen", folder, "--json", cwd=folder.parent)
    assert run.code == 0, run.err
    found = {Path(each["item"]).name: each for each in lines(run)}
    assert len(found) == 7
    for seed in (3, 4):
        names = {found[name]["campaign"] for name in found if f"{seed}" in name}
        assert len(names) == 1
        assert None not in names
    assert found["alone.png"]["campaign"] is None
    assert found["alone.png"]["matches"] == []
    assert found["alone.png"]["action"] == "accept"


def test_each_item_is_the_object_that_the_design_names(assay: Any, folder: Path) -> None:
    first = lines(assay("screen", folder, "--json"))[1]
    assert list(first) == ["item", "matches", "campaign", "action", "reasons"]
    named = ["item", "score", "distance", "method", "threshold", "why"]
    # A picture found by geometry has its region as well.
    assert [key for key in first["matches"][0] if key != "region"] == named
    assert list(first["reasons"][0]) == ["code", "sentence"]


def test_people_are_shown_each_group(assay: Any, folder: Path) -> None:
    out = assay("screen", folder).out
    assert out.count("3 alike") == 2
    assert "Exactly the same bytes." in out
    assert "7 items: 6 are in a group, 1 alone." in out


def test_items_are_matched_to_references(assay: Any, folder: Path, paint: Any, tmp_path: Path) -> None:
    references = tmp_path / "references"
    references.mkdir()
    paint(references / "original.jpg", 3)
    run = assay("screen", folder, "--against", references, "--json")
    matched = {Path(each["item"]).name for each in lines(run) if each["matches"]}
    assert matched == {"p3.jpg", "p3-small.webp", "renamed-3.bin"}


@pytest.mark.slow
def test_reworded_spam_is_one_campaign_and_conversation_is_not(assay: Any, tmp_path: Path) -> None:
    stream = tmp_path / "messages.jsonl"
    texts = [*spam(30), *CONVERSATION]
    stream.write_text("".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts)))
    found = lines(assay("screen", stream, "--json"))
    campaigns = {each["campaign"] for each in found[:30]}
    assert len(campaigns) == 1
    assert {each["action"] for each in found[:30]} == {"flag"}
    assert {each["campaign"] for each in found[30:]} == {None}


def test_a_damaged_picture_is_named_and_does_not_stop_the_rest(assay: Any, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    found = {Path(each["item"]).name: each for each in lines(assay("screen", folder, "--json"))}
    assert len(found) == 8
    assert found["broken.jpg"]["reasons"][-1]["code"]


@pytest.mark.parametrize("line", ["no json", '{"id": "a"}', '{"id": "a", "text": 5}'])
def test_a_bad_line_of_a_stream_is_named(assay: Any, tmp_path: Path, line: str) -> None:
    stream = tmp_path / "s.jsonl"
    stream.write_text(line + "\n")
    run = assay("screen", stream)
    assert run.code in (1, 2)
    assert "line 1" in run.err
    assert "Traceback" not in run.err


def test_a_missing_path_is_wrong_usage(assay: Any, tmp_path: Path) -> None:
    assert assay("screen", tmp_path / "nothing").code == 2
