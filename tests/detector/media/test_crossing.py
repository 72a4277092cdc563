import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import MediaUnreadable
from detector.fingerprints.fingerprint import Fingerprint
from detector.media.crossing import packed, unpacked
from detector.media.image import ImageLimits

PRINTS = st.builds(Fingerprint, method=st.text(), value=st.binary(), quality=st.integers(0, 100))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    PLAIN | PRINTS,
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def crossed(value: object) -> object:
    tree, data = packed(value)
    return unpacked(json.loads(json.dumps(tree)), data)


@given(VALUES)
def test_values_come_out_as_they_went_in(value: object) -> None:
    assert crossed(value) == value


@pytest.mark.parametrize("dtype", ["u1", "<f4", "<i8", "<c8", "?"])
def test_arrays_keep_their_shape_and_kind(dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)[:, ::2]
    out = crossed(array)
    assert isinstance(out, np.ndarray)
    assert (out.dtype, out.shape) == (array.dtype, array.shape)
    assert (out == array).all()


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, {2, 3}, MediaUnreadable("x"), np.array([object()]), lambda: 1]
)
def test_what_is_not_data_does_not_cross(value: object) -> None:
    with pytest.raises(TypeError):
        packed(value)


@pytest.mark.parametrize(
    "tree",
    [
        {"of": ["subprocess", "Popen"], "fields": [["true"]]},
        {"of": ["detector.errors", "MediaUnreadable"], "fields": ["x"]},
        {"of": ["detector.media.workers", "Workers"], "fields": []},
        {"of": ["detector.media.no_such", "Thing"], "fields": []},
        {"of": ["detector.media.image", "ImageLimits"], "fields": [1, 2]},
        {"of": ["detector.media.image", "os.system"], "fields": []},
        {"bytes": [0, 9]},
        {"bytes": [-1, 1]},
        {"array": [0, 4], "dtype": "O", "shape": [1]},
        {"array": [0, 4], "dtype": "<i4", "shape": [99999]},
        {"array": [0, 4], "dtype": "nonsense", "shape": [1]},
        {"nothing": 1},
        [[[[{"map": 3}]]]],
    ],
)
def test_a_worker_that_was_taken_over_can_send_nothing_but_data(tree: object) -> None:
    assert ImageLimits().max_pixels
    with pytest.raises(ValueError, match=r"worker|reshape|values to unpack|zip"):
        unpacked(tree, b"1234")


def test_an_answer_nested_without_end_is_refused() -> None:
    tree: object = None
    for _ in range(100):
        tree = [tree]
    with pytest.raises(ValueError, match="nested"):
        unpacked(tree, b"")
