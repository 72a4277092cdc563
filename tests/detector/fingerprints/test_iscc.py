"""ISCC content codes are the standard's."""

import json
from pathlib import Path
from typing import Any

import iscc_core
import numpy as np
import pytest
from PIL import Image

from detector.fingerprints.compute import Embedders, fingerprints
from detector.fingerprints.iscc import BITS, MAX_CHARACTERS, audio_code, image_code, text_code, video_code
from detector.fingerprints.soft_binding import ISCC_ALGORITHM, PDQ_ALGORITHM, iscc_value, soft_bindings
from detector.media.image import canonical_rgb
from provenance.assets.asset import Medium

VECTORS: dict[str, Any] = json.loads((Path(iscc_core.__file__).parent / "data.json").read_text("utf-8"))


def bits_of(code: str) -> int:
    """The code itself, without the two bytes that say its kind."""
    return int.from_bytes(iscc_core.decode_base32(code.removeprefix("ISCC:"))[2:], "big")


def apart(one: str, other: str) -> int:
    return (bits_of(one) ^ bits_of(other)).bit_count()


@pytest.mark.parametrize("name", sorted(VECTORS["gen_text_code_v0"]))
def test_text_codes_are_those_of_the_standards_own_vectors(name: str) -> None:
    vector = VECTORS["gen_text_code_v0"][name]
    text, bits = vector["inputs"]
    code = text_code(text)
    assert code is not None
    expected = vector["outputs"]["iscc"]
    # The short form is the beginning of the long one; headers differ in the length they tell.
    assert bits_of(code) >> (BITS - bits) == bits_of(expected)
    if bits == BITS:
        assert code == expected


@pytest.mark.parametrize("name", sorted(VECTORS["gen_image_code_v0"]))
def test_image_codes_are_those_of_the_standards_own_vectors(name: str) -> None:
    vector = VECTORS["gen_image_code_v0"][name]
    grey, bits = vector["inputs"]
    square = np.array(grey, dtype=np.uint8).reshape(32, 32)
    code = image_code(np.repeat(square[:, :, None], 3, axis=2))
    assert bits_of(code) >> (BITS - bits) == bits_of(vector["outputs"]["iscc"])


@pytest.mark.parametrize("name", sorted(VECTORS["gen_audio_code_v0"]))
def test_audio_codes_are_those_of_the_standards_own_vectors(name: str) -> None:
    vector = VECTORS["gen_audio_code_v0"][name]
    features, bits = vector["inputs"]
    code = audio_code(np.array(features, dtype=np.int32))
    if len(features) < 2:
        assert code is None
    else:
        assert code is not None
        assert bits_of(code) >> (BITS - bits) == bits_of(vector["outputs"]["iscc"])


@pytest.mark.parametrize("name", sorted(VECTORS["gen_video_code_v0"]))
def test_video_codes_are_those_of_the_standards_own_vectors(name: str) -> None:
    vector = VECTORS["gen_video_code_v0"][name]
    signatures, bits = vector["inputs"]
    code = video_code(np.array(signature) for signature in signatures)
    assert code is not None
    assert bits_of(code) >> (BITS - bits) == bits_of(vector["outputs"]["iscc"])
    assert code == video_code(np.array(signature) for signature in signatures * 3)


def test_a_sound_and_a_video_without_anything_in_them_have_no_code() -> None:
    silence = np.full(40, 627964279, dtype=np.int32)
    assert audio_code(silence) is None
    assert audio_code(silence[:0]) is None
    assert video_code([]) is None
    assert video_code([np.ones(380, dtype=np.uint8)] * 3) is None


def test_a_border_around_a_picture_changes_nothing(photo: Path) -> None:
    pixels = canonical_rgb(photo).copy()
    pixels[0, 0] = (1, 2, 3)
    framed = np.full((pixels.shape[0] + 60, pixels.shape[1] + 90, 3), 255, dtype=np.uint8)
    framed[20:-40, 40:-50] = pixels
    assert image_code(framed) == image_code(pixels)
    assert image_code(np.full((40, 40, 3), 9, dtype=np.uint8)).startswith("ISCC:")


def test_a_smaller_copy_has_nearly_the_same_code_and_another_picture_has_not(photo: Path) -> None:
    pixels = canonical_rgb(photo)
    smaller = np.asarray(Image.fromarray(pixels).resize((320, 213)))
    noise = np.random.default_rng(1).integers(0, 255, pixels.shape, dtype=np.uint8)
    assert apart(image_code(pixels), image_code(smaller)) <= 16
    assert apart(image_code(pixels), image_code(noise)) > 64


def test_a_text_too_long_to_code_in_time_gets_none() -> None:
    assert text_code("a" * MAX_CHARACTERS) is not None
    assert text_code("a" * (MAX_CHARACTERS + 1)) is None


def test_a_picture_and_a_text_come_with_what_their_manifest_needs(photo: Path, tmp_path: Path) -> None:
    of_photo = fingerprints(photo, Medium.IMAGE, "0" * 64, Embedders())
    assert of_photo.thumbnail is not None
    assert of_photo.thumbnail.startswith(b"\xff\xd8")
    pdq = next(each for each in of_photo.prints if each.method == "pdq/1")
    assert soft_bindings(of_photo) == (
        (ISCC_ALGORITHM, iscc_value(image_code(canonical_rgb(photo)))),
        (PDQ_ALGORITHM, pdq.value.hex()),
    )
    note = tmp_path / "note.txt"
    note.write_text("Hello World")
    expected = VECTORS["gen_text_code_v0"]["test_0002_hello_world_256_bits"]["outputs"]["iscc"]
    of_text = fingerprints(note, Medium.TEXT, "0" * 64, Embedders())
    assert soft_bindings(of_text) == ((ISCC_ALGORITHM, iscc_value(expected)),)
    assert of_text.thumbnail is None
