from hashlib import sha256

from detector.fingerprints import copydet, vlad
from detector.fingerprints.compute import Embedders
from detector.fingerprints.copydet import ImageEmbedder


def test_every_model_behind_a_picture_is_named_by_its_weights() -> None:
    found = Embedders(image=ImageEmbedder()).weights({copydet.METHOD, vlad.METHOD, "pdq/1"})
    assert found == {
        copydet.METHOD: sha256(copydet.WEIGHTS.read_bytes()).hexdigest(),
        vlad.METHOD: sha256(vlad.WEIGHTS.read_bytes()).hexdigest(),
    }


def test_a_model_that_was_not_asked_is_not_named() -> None:
    assert Embedders(image=ImageEmbedder()).weights({"pdq/1"}) == {}
