from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from detector.errors import ModelUnavailable
from detector.fingerprints import vlad
from detector.fingerprints.picture import pixel_prints


def vectors(image: Image.Image, method: str) -> list[np.ndarray]:
    return [np.frombuffer(e.value, "<f4") for e in pixel_prints(np.asarray(image)) if e.method == method]


def test_a_turned_copy_lies_near_and_another_picture_far(photos: dict[str, Image.Image]) -> None:
    (whole,) = vectors(photos["china"], vlad.METHOD)
    (turned,) = vectors(photos["china"].rotate(30, expand=True), vlad.METHOD)
    (other,) = vectors(photos["flower"], vlad.METHOD)
    assert whole @ turned > 0.25 + abs(whole @ other)
    assert float(np.linalg.norm(whole)) == pytest.approx(1, abs=1e-4)


def test_the_mirrored_copy_lies_near_what_is_asked_with_it(photos: dict[str, Image.Image]) -> None:
    (whole,) = vectors(photos["china"], vlad.METHOD)
    asked = vectors(ImageOps.mirror(photos["china"]), vlad.PART_METHOD)
    assert max(float(whole @ each) for each in asked) > 0.9


def test_what_a_picture_is_asked_with_is_bounded(photos: dict[str, Image.Image]) -> None:
    prints = pixel_prints(np.asarray(photos["china"]))
    assert len([e for e in prints if e.method in vlad.ASKED_METHODS]) <= 18
    assert all(len(e.value) == 4 * vlad.DIMENSIONS for e in prints if e.method.startswith("vlad"))


def test_another_vocabulary_is_not_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "vlad-1.npz"
    other.write_bytes(vlad.WEIGHTS.read_bytes()[:-1])
    monkeypatch.setattr(vlad, "WEIGHTS", other)
    vlad.vocabulary.cache_clear()
    with pytest.raises(ModelUnavailable):
        vlad.vocabulary()
    vlad.vocabulary.cache_clear()
