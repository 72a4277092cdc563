"""`assay screen` on photographs and edited copies of them: every group, and each copy with its reason."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from detector.image_edits import EDITS

PHOTOS = Path(__file__).resolve().parents[4] / "shared" / "samples" / "photos"
CHOSEN = 3


def edited(photo: Image.Image, other: Image.Image) -> dict[str, Image.Image]:
    chance = random.Random(11)
    made = {name: EDITS[name](photo, chance, [other]) for name in ("crop_50", "screenshot", "side_by_side")}
    made["mirrored_30"] = ImageOps.mirror(photo).rotate(30, expand=True)
    return made


def originals() -> list[Image.Image]:
    paths = sorted(PHOTOS.glob("*.jpg"))[: 2 * CHOSEN]
    if len(paths) < 2 * CHOSEN:
        pytest.skip(f"no sample photographs at {PHOTOS}")
    opened = [Image.open(path).convert("RGB") for path in paths]
    for photo in opened:
        photo.thumbnail((640, 640))
    return opened


def test_every_edited_copy_is_in_its_group_with_its_reason(assay: Any, tmp_path: Path) -> None:
    every = originals()
    folder = tmp_path / "stream"
    folder.mkdir()
    # Each is laid beside another picture of its own: that one, too, would be recognised.
    for number, (photo, other) in enumerate(zip(every[:CHOSEN], every[CHOSEN:], strict=True)):
        photo.save(folder / f"{number}-original.jpg", quality=90)
        for name, copy in edited(photo, other).items():
            copy.save(folder / f"{number}-{name}.jpg", quality=80)
    run = assay("screen", folder, "--json", cwd=tmp_path)
    assert run.code == 0, run.err
    items = {Path(each["item"]).name: each for each in map(json.loads, run.out.splitlines())}
    assert len(items) == 5 * CHOSEN
    campaigns = [
        {items[name]["campaign"] for name in items if name.startswith(f"{n}-")} for n in range(CHOSEN)
    ]
    assert all(len(group) == 1 for group in campaigns)
    for name, item in items.items():
        original = f"{name[0]}-original.jpg"
        if name != original:
            match = next(m for m in item["matches"] if Path(m["item"]).name == original)
            assert "points agree" in match["why"]
            assert len(match["region"]["asked"]) >= 3
    turned = next(m for m in items["0-mirrored_30.jpg"]["matches"] if "original" in m["item"])
    assert "turned by 30°, mirrored" in turned["why"]
