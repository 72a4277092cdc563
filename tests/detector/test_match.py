import io
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from detector.calibration import shipped
from detector.fingerprints.compute import Embedders, fingerprints, text_fingerprints
from detector.fingerprints.fingerprint import Fingerprints
from detector.index.build import exact_index, faiss_index
from detector.match import Matcher
from provenance.assets.asset import Medium

SPAM = "Congratulations! You have won a free iPhone 15, click http://x.test to claim your prize now"
DISGUISES = [
    "Cоngrаtulаtiоns! Yоu hаve wоn а free iРhоne 15, сliсk http://x.test to сlаim yоur рrize nоw",
    "C0ngr4tul4t10ns! Y0u h4v3 w0n 4 fr33 1Ph0n3 15, cl1ck http://x.test t0 cl41m y0ur pr1z3 n0w",
    "\u200b".join(SPAM),
    "C o n g r a t u l a t i o n s ! You have w o n a f r e e iPhone 15, click http://x.test",
    "CONGRATULATIONS!!! YOU HAVE WON A FREE IPHONE 15 >>> CLICK HTTP://Y.TEST TO CLAIM YOUR PRIZE NOW <<<",
    "Congratulations, you won a free iPhone 16! Click http://z.test to claim the prize now",
]
INNOCENT = [
    "Shall we meet for lunch at the usual place tomorrow?",
    "The parcel arrived this morning, thanks for sending it so quickly.",
    "Das Wetter ist heute sehr schön, wir gehen in den Park.",
    "今天天气很好，我们一起去公园散步，然后去吃饭，你觉得怎么样？",
    "Сегодня хорошая погода, поэтому мы пойдём гулять в парк после обеда.",
    "النص العربي هنا يتحدث عن الطقس الجميل في المدينة اليوم",
]


def indexed(embedders: Embedders, texts: list[str]) -> Matcher:
    matcher = Matcher()
    for number, prints in enumerate(text_fingerprints(texts, embedders)):
        matcher.add(number, prints)
    return matcher


def picture(image: Image.Image, folder: Path, embedders: Embedders, **save: object) -> Fingerprints:
    content = io.BytesIO()
    image.save(content, **{"format": "JPEG", "quality": 85} | save)
    path = folder / "picture"
    path.write_bytes(content.getvalue())
    return fingerprints(path, Medium.IMAGE, f"{hash(content.getvalue()) % 2**64:064x}", embedders)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised_spam_is_found(embedders: Embedders, disguise: str) -> None:
    matcher = indexed(embedders, [*INNOCENT, SPAM])
    found = matcher.match(text_fingerprints([disguise], embedders)[0])
    assert [match.item_no for match in found] == [len(INNOCENT)]
    assert found[0].telling
    assert found[0].distance <= found[0].threshold
    assert found[0].why.endswith(".")


def test_reworded_spam_is_found_by_its_meaning(embedders: Embedders) -> None:
    matcher = indexed(embedders, [*INNOCENT, SPAM])
    reworded = (
        "You've been selected: a free iPhone 15 is yours. Click http://x.test and claim the prize today"
    )
    found = matcher.match(text_fingerprints([reworded], embedders)[0])
    assert [match.item_no for match in found] == [len(INNOCENT)]


@pytest.mark.parametrize(
    ("changed", "method", "says"),
    [
        (
            "Congratulashions! Yu hav wun a fre iPhon 15, clik http://x.test to clam yor prise naw",
            "order/1",
            "in the same order",
        ),
        (
            "click http://x.test to claim your prize now, Congratulations! You have won a free iPhone 15",
            "shingle3/3",
            "sequences of letters",
        ),
        (f"{INNOCENT[0]} {INNOCENT[1]} {SPAM} {INNOCENT[0]}", "passage/1", "as a passage"),
    ],
)
def test_a_match_says_what_the_two_texts_have_in_common(
    without_model: Embedders, changed: str, method: str, says: str
) -> None:
    matcher = indexed(without_model, [INNOCENT[2], SPAM])
    found = matcher.match(text_fingerprints([changed], without_model)[0])
    assert [(match.item_no, match.method) for match in found] == [(1, method)]
    assert says in found[0].why


def test_a_text_cut_under_the_floor_still_finds_the_whole(without_model: Embedders) -> None:
    matcher = indexed(without_model, ["Sorry I cannot come to night"])
    found = matcher.match(text_fingerprints(["Sorry I cannot come to"], without_model)[0])
    assert [match.item_no for match in found] == [0]


def test_unrelated_texts_are_not_matched(embedders: Embedders) -> None:
    matcher = indexed(embedders, [*INNOCENT, SPAM])
    for number, prints in enumerate(text_fingerprints([*INNOCENT, SPAM], embedders)):
        assert matcher.match(prints, exclude={number}) == []


def test_the_same_words_in_other_dress_are_equal_texts(embedders: Embedders) -> None:
    matcher = indexed(embedders, [SPAM])
    found = matcher.match(text_fingerprints([DISGUISES[0]], embedders)[0])
    assert (found[0].method, found[0].score) == ("textsha/3", 1.0)


@pytest.mark.parametrize("text", ["thanks!", "ok", "😀😀", "x", ""])
def test_a_word_or_two_matches_only_itself_and_tells_nothing(embedders: Embedders, text: str) -> None:
    matcher = indexed(embedders, [text, "thanks a lot!", "ok then", "😀"])
    found = matcher.match(text_fingerprints([text], embedders)[0])
    assert [(match.item_no, match.method, match.telling) for match in found] == [(0, "sha256/1", False)]


@pytest.mark.parametrize("name", ["china", "flower"])
def test_an_edited_photo_is_found_and_another_is_not(
    tmp_path: Path, photos: dict[str, Image.Image], without_model: Embedders, name: str
) -> None:
    matcher = Matcher()
    order = sorted(photos)
    for number, original in enumerate(order):
        matcher.add(number, picture(photos[original], tmp_path, without_model, format="PNG"))
    photo = photos[name]
    edits = {
        "half": photo.resize((photo.width // 2, photo.height // 2)),
        "double": photo.resize((photo.width * 2, photo.height * 2)),
        "bright": ImageEnhance.Brightness(photo).enhance(1.3),
        "grey": photo.convert("L"),
        "mirrored": photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "turned": photo.transpose(Image.Transpose.ROTATE_90),
        "same": photo,
    }
    for edit, image in edits.items():
        for save in ({"quality": 30}, {"format": "WEBP", "quality": 60}):
            found = matcher.match(picture(image, tmp_path, without_model, **save))
            assert [order[match.item_no] for match in found] == [name], edit
            assert 0 < found[0].score < 1
    assert "turned by 90°" in matcher.match(picture(edits["turned"], tmp_path, without_model))[0].why


def test_different_photographs_do_not_match(sample_photos: list[Path], without_model: Embedders) -> None:
    matcher = Matcher()
    prints = [
        fingerprints(path, Medium.IMAGE, f"{n:064x}", without_model) for n, path in enumerate(sample_photos)
    ]
    for number, found in enumerate(prints):
        assert matcher.match(found) == []
        matcher.add(number, found)


def test_blank_pictures_match_only_their_own_bytes(tmp_path: Path, without_model: Embedders) -> None:
    matcher = Matcher()
    white = picture(Image.new("RGB", (300, 200), "white"), tmp_path, without_model)
    matcher.add(0, white)
    grey = picture(Image.new("RGB", (301, 200), "grey"), tmp_path, without_model)
    assert matcher.match(grey) == []
    assert [(m.method, m.telling) for m in matcher.match(white)] == [("sha256/1", False)]


def test_a_removed_item_is_not_found_again(embedders: Embedders) -> None:
    matcher = indexed(embedders, [SPAM, SPAM])
    matcher.remove({0})
    found = matcher.match(text_fingerprints([SPAM], embedders)[0])
    assert [match.item_no for match in found] == [1]


def test_items_that_do_not_count_do_not_fill_the_answer(without_model: Embedders) -> None:
    matcher = indexed(without_model, [f"{SPAM} {n:03d}" for n in range(120)])
    asked = text_fingerprints([SPAM], without_model)[0]
    found = matcher.match(asked, accept=lambda number: number == 119, limit=5)
    assert [match.item_no for match in found] == [119]
    assert len(matcher.match(asked)) == 50


@pytest.mark.parametrize("text", [SPAM, SPAM.upper()])
def test_items_asked_about_all_at_once_count_as_when_asked_one_by_one(
    without_model: Embedders, text: str
) -> None:
    matcher = indexed(without_model, [SPAM] * 300)
    asked = text_fingerprints([text], without_model)[0]
    few = matcher.match(asked, exclude={3, 250}, accept=lambda number: number % 7 == 3)
    many = matcher.match(
        asked,
        exclude={3, 250},
        accept=lambda number: number % 7 == 3,
        accept_many=lambda numbers: numbers % 7 == 3,
    )
    assert many == few
    assert [match.item_no for match in many] == [n for n in range(300) if n % 7 == 3 and n not in {3, 250}]


def test_both_kinds_of_index_give_the_same_matches(embedders: Embedders) -> None:
    prints = text_fingerprints([SPAM, *DISGUISES, *INNOCENT], embedders)
    answers = []
    for build in (exact_index, faiss_index):
        matcher = Matcher(build)
        matcher.add_many([(number, found.prints) for number, found in enumerate(prints)])
        answers.append([[(m.item_no, m.method) for m in matcher.match(found)] for found in prints])
    assert answers[0] == answers[1]


def test_every_threshold_says_how_it_was_set() -> None:
    assert set(shipped()) == {
        "pdq/1",
        "image/1",
        "vlad/1",
        "copydet/1",
        "shingle3/3",
        "shingle8/3",
        "order/1",
        "passage/1",
        "minilm/1",
        "audio/1",
        "video/1",
    }
    for calibration in shipped().values():
        assert calibration.evidence["set_on"]
