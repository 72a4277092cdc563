"""Attested items are found by the codes that their manifests carry."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import BindingUnreadable
from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.iscc import image_code
from detector.fingerprints.soft_binding import ISCC_ALGORITHM, iscc_value, soft_bindings
from detector.flows.by_binding import by_binding
from detector.flows.index_item import index
from detector.flows.live_index import LiveIndex
from detector.media.image import canonical_rgb
from provenance.assets.asset import Medium

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def picture(photo: Path) -> Fingerprints:
    return fingerprints(photo, Medium.IMAGE, "0" * 64, Embedders())


def test_an_item_is_found_by_each_binding_that_its_manifest_carries(
    tmp_path: Path, picture: Fingerprints
) -> None:
    item = index(picture, kind="attested", tenant="t", subject="s-1")
    bindings = soft_bindings(picture)
    assert len(bindings) == 2
    for algorithm, value in bindings:
        (found,) = by_binding(LiveIndex(tmp_path), algorithm, value)
        assert (found.item, found.subject, found.distance) == (str(item.uid), "s-1", 0)


def test_the_code_of_a_smaller_copy_finds_it_and_says_how_near(
    tmp_path: Path, photo: Path, picture: Fingerprints
) -> None:
    index(picture, kind="attested", tenant="t", subject="s-1")
    smaller = image_code(np.asarray(Image.fromarray(canonical_rgb(photo)).resize((400, 266))))
    (found,) = by_binding(LiveIndex(tmp_path), ISCC_ALGORITHM, iscc_value(smaller))
    assert 0 <= found.distance <= found.threshold
    assert "of the 256 bits" in found.why
    assert found.score < 1


def test_another_code_finds_nothing(tmp_path: Path, photo: Path, picture: Fingerprints) -> None:
    index(picture, kind="attested", tenant="t", subject="s-1")
    turned = image_code(canonical_rgb(photo)[::-1].copy())
    assert by_binding(LiveIndex(tmp_path), ISCC_ALGORITHM, iscc_value(turned)) == ()


def test_screened_items_are_never_answered(tmp_path: Path, picture: Fingerprints) -> None:
    index(picture, kind="screened", tenant=None)
    index(picture, kind="screened", tenant="t")
    for binding in soft_bindings(picture):
        assert by_binding(LiveIndex(tmp_path), *binding) == ()


def test_a_snapshot_answers_as_the_rows_do(tmp_path: Path, picture: Fingerprints) -> None:
    live = LiveIndex(tmp_path)
    item = index(picture, kind="attested", tenant="t", subject="s-1")
    live.warm()
    live.snapshot()
    again = LiveIndex(tmp_path)
    again.start()
    binding = soft_bindings(picture)[0]
    assert [found.item for found in by_binding(again, *binding)] == [str(item.uid)]
    again.forget([item.pk])
    assert by_binding(again, *binding) == ()


def test_a_code_does_not_make_an_item_resemble_another(tmp_path: Path, picture: Fingerprints) -> None:
    code = Fingerprints(picture.sha256, picture.medium, picture.prints[-1:])
    assert code.prints[0].method == "iscc-image/1"
    index(picture, kind="attested", tenant="t", subject="s-1")
    assert LiveIndex(tmp_path).match(code).matches == ()


def test_a_binding_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BindingUnreadable):
        by_binding(LiveIndex(tmp_path), ISCC_ALGORITHM, "nonsense")
