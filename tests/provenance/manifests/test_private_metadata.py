"""What a public copy no longer tells, and how the manifest says so."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import Credential, History
from provenance.inspection.reader import Inspector
from provenance.manifests import writer as writing
from provenance.manifests.manifest import Declaration
from provenance.manifests.writer import ManifestWriter

GPS = 0x8825
Opened = Callable[[bytes], dict[str, Any]]


@pytest.fixture
def located(pixels: np.ndarray, tmp_path: Path) -> Path:
    """A photograph that says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    path = tmp_path / "located.jpg"
    Image.fromarray(pixels).save(path, exif=exif)
    assert _position(path)
    return path


def _position(path: Path) -> dict[int, Any]:
    with Image.open(path) as picture:
        found: dict[int, Any] = picture.getexif().get_ifd(GPS)
        return {tag: value for tag, value in found.items() if tag in (2, 4) and any(value)}


@pytest.mark.parametrize("size", ["small", "large"])
def test_the_position_is_gone_from_the_signed_copy_and_that_is_said(
    size: str,
    located: Path,
    human: Declaration,
    writer: ManifestWriter,
    inspector: Inspector,
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if size == "large":
        monkeypatch.setattr(writing, "IN_MEMORY_BYTES", 0)
    before = located.read_bytes()
    made = writer.sign(from_path(located, Limits()), human, tmp_path, "out")
    assert made.removed == ("GPS position",)
    assert not _position(made.signed_path)
    assert _position(located)
    assert located.read_bytes() == before
    with Image.open(made.signed_path) as signed, Image.open(located) as original:
        assert np.array_equal(np.asarray(signed), np.asarray(original))
    actions = opened(made.store_path.read_bytes())["c2pa.actions.v2"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.created", "c2pa.edited.metadata"]
    assert actions[1]["description"] == "Removed from the published copy: GPS position."
    assert inspector.inspect(from_path(made.signed_path, Limits())).credential is Credential.TRUSTED


def test_the_position_stays_where_that_was_asked_for(
    located: Path, human: Declaration, writer: ManifestWriter, opened: Opened, tmp_path: Path
) -> None:
    made = writer.sign(from_path(located, Limits()), replace(human, keep_metadata=True), tmp_path, "out")
    assert made.removed == ()
    assert _position(made.signed_path) == _position(located)
    actions = opened(made.store_path.read_bytes())["c2pa.actions.v2"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.created"]


def test_a_signed_upload_stays_a_sound_parent_while_its_copy_loses_the_position(
    located: Path,
    human: Declaration,
    writer: ManifestWriter,
    inspector: Inspector,
    opened: Opened,
    tmp_path: Path,
) -> None:
    upload = writer.sign(from_path(located, Limits()), replace(human, keep_metadata=True), tmp_path, "upload")
    made = writer.sign(from_path(upload.signed_path, Limits()), human, tmp_path, "out")
    assert made.removed == ("GPS position",)
    assert not _position(made.signed_path)
    actions = opened(made.store_path.read_bytes())["c2pa.actions.v2"]["actions"]
    assert [action["action"] for action in actions] == [
        "c2pa.opened",
        "c2pa.published",
        "c2pa.edited.metadata",
    ]
    found = inspector.inspect(from_path(made.signed_path, Limits()))
    assert (found.credential, found.history) == (Credential.TRUSTED, History.INTACT)
