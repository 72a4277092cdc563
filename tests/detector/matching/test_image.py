"""Pictures among pictures: what is found, by what, and what is left alone."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.picture import pixel_prints
from detector.image_edits import EDITS
from detector.index.port import Hit
from detector.match import Matcher
from detector.matching.admission import QUERY_ONLY
from detector.matching.finding import RawMatch
from detector.matching.proposals import MOST_JUDGED, Proposals
from provenance.assets.asset import Medium


def prints(image: Image.Image) -> Fingerprints:
    return Fingerprints("", Medium.IMAGE, pixel_prints(np.asarray(image.convert("RGB"))))


def scene(seed: int) -> Image.Image:
    """A picture of many shapes, unlike that of any other seed."""
    chance = random.Random(seed)
    image = Image.new("RGB", (320, 240), tuple(chance.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(70):
        x, y, r = chance.randrange(320), chance.randrange(240), chance.randrange(4, 40)
        corners = [(x + chance.randint(-r, r), y + chance.randint(-r, r)) for _ in range(5)]
        pen.polygon(corners, tuple(chance.randrange(256) for _ in range(3)))
    return image


@pytest.fixture(scope="module")
def held(photos: dict[str, Image.Image]) -> Matcher:
    matcher = Matcher()
    for number, image in enumerate([photos["china"], photos["flower"], *map(scene, range(8))]):
        matcher.add(number, prints(image))
    return matcher


def found(held: Matcher, image: Image.Image) -> list[RawMatch]:
    return held.match(prints(image))


HARD = (
    *("crop_50", "corner_50", "rotate_30", "flip", "screenshot", "side_by_side", "collage", "caption"),
    *("grey", "inverted", "three_lines_of_text", "perspective", "combined"),
)


@pytest.mark.parametrize("edit", HARD)
def test_an_edited_copy_is_found_and_nothing_else(
    held: Matcher, photos: dict[str, Image.Image], edit: str
) -> None:
    copy = EDITS[edit](photos["china"], random.Random(7), [scene(101), scene(102), scene(103)])
    assert [match.item_no for match in found(held, copy)] == [0]


def test_the_reason_says_how_it_is_turned_and_which_part(
    held: Matcher, photos: dict[str, Image.Image]
) -> None:
    photo = photos["china"]
    part = photo.crop((0, 0, photo.width * 3 // 4, photo.height))
    (match,) = found(held, ImageOps.mirror(part).rotate(30, expand=True))
    assert match.method == "image/1"
    assert match.distance <= match.threshold
    assert " part of " in match.why
    assert ", turned by 30°, mirrored: " in match.why
    assert match.why.endswith(" points agree.")
    region = match.region
    assert region is not None
    assert region.rotation == pytest.approx(30, abs=2)
    assert region.mirrored
    assert not region.inverted
    assert len(region.asked) >= 3
    assert max(x for x, _ in region.matched) < 0.72
    assert all(
        0 <= value <= 1 for outline in (region.asked, region.matched) for xy in outline for value in xy
    )


def test_a_matrix_puts_a_point_where_the_match_has_it(held: Matcher, photos: dict[str, Image.Image]) -> None:
    photo = photos["china"]
    (match,) = found(held, photo.crop((photo.width // 2, 0, photo.width, photo.height)))
    assert match.region is not None
    a, b, c, d, e, f = match.region.matrix
    assert (a * 0.5 + b * 0.5 + c, d * 0.5 + e * 0.5 + f) == pytest.approx((0.75, 0.5), abs=0.02)


@pytest.mark.parametrize(
    "overlay", ["screenshot", "watermark", "three_lines_of_text", "logo", "sticker", "caption"]
)
def test_two_pictures_with_the_same_overlay_are_not_copies(overlay: str) -> None:
    matcher = Matcher()
    for seed in range(4):
        matcher.add(seed, prints(EDITS[overlay](scene(seed), random.Random(1), [scene(90)])))
    other = EDITS[overlay](scene(50), random.Random(1), [scene(91)])
    assert matcher.match(prints(other)) == []


def logo(letters: str, colour: str) -> Image.Image:
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).text((150, 100), letters, colour, font_size=70, anchor="mm")
    return image


def test_flat_pictures_and_logos_do_not_match_one_another() -> None:
    matcher = Matcher()
    plain = [Image.new("RGB", (300, 200), colour) for colour in ("white", "black", "#808080")]
    for number, image in enumerate([*plain, logo("ACME", "black"), logo("Fuji", "red")]):
        matcher.add(number, prints(image))
    for image in (Image.new("RGB", (400, 300), "white"), logo("Orb", "blue"), Image.new("RGB", (1, 1))):
        assert matcher.match(prints(image)) == []


def test_what_its_row_holds_is_enough_to_find_a_copy(held: Matcher, photos: dict[str, Image.Image]) -> None:
    whole = prints(photos["china"].rotate(15, expand=True))
    kept = tuple(entry for entry in whole.prints if entry.method not in QUERY_ONLY)
    assert [m.item_no for m in held.match(Fingerprints("", Medium.IMAGE, kept))] == [0]


def test_a_snapshot_finds_the_same(tmp_path: Path, photos: dict[str, Image.Image]) -> None:
    asked = prints(photos["china"].rotate(15))
    stored = prints(photos["china"])
    values = {e.method: {3: e.value} for e in stored.prints}
    first = Matcher(read_values=lambda method, items: values.get(method, {}))
    first.add(3, stored)
    second = Matcher(read_values=lambda method, items: values.get(method, {}))
    second.load(tmp_path, first.save(tmp_path))
    assert second.match(asked) == first.match(asked) != []
    second.remove({3})
    assert second.match(asked) == []


def test_damaged_features_cost_a_match_and_no_crash(photos: dict[str, Image.Image]) -> None:
    stored = prints(photos["china"])
    matcher = Matcher(read_values=lambda method, items: dict.fromkeys(items, b"\xff" * 999))
    matcher.add(0, stored)
    assert matcher.match(prints(photos["china"].rotate(40, expand=True))) == []


def test_never_more_are_judged_than_allowed() -> None:
    proposals = Proposals()
    entry = prints(scene(1)).prints[0]
    proposals.add(entry, [Hit(number, float(number)) for number in range(500)])
    chosen = proposals.chosen()
    assert [each.item_no for each in chosen] == list(range(MOST_JUDGED))
