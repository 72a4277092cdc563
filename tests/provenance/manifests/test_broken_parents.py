"""Signing over an upload whose own credential is broken: refused, or on record for ever."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import SigningRefused
from provenance.inspection.inspection import Credential, History
from provenance.inspection.reader import Inspector
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.writer import ManifestWriter

FLIPS = {
    "assertion.dataHash.mismatch": lambda content: len(content) - 200,
    "assertion.hashedURI.mismatch": lambda content: content.find(b"c2pa.created") + 5,
    "claimSignature.mismatch": lambda content: content.find(b"jumdc2cs") + 200,
}


def broken(signed: Manifest, code: str, path: Path) -> Path:
    content = bytearray(signed.signed_path.read_bytes())
    content[FLIPS[code](content)] ^= 1
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("code", FLIPS)
def test_an_accepted_broken_parent_is_said_by_every_later_inspection(
    code: str,
    signed: Manifest,
    human: Declaration,
    writer: ManifestWriter,
    inspector: Inspector,
    opened: Callable[[bytes], dict[str, Any]],
    tmp_path: Path,
) -> None:
    insisting = replace(human, accept_broken_parent=True)
    path = broken(signed, code, tmp_path / "broken.jpg")
    for generation in range(1, 4):
        made = writer.sign(from_path(path, Limits()), insisting, tmp_path, f"generation-{generation}")
        path = made.signed_path
        found = inspector.inspect(from_path(path, Limits()))
        assert (found.credential, found.history) == (Credential.INVALID, History.TAMPERED_INGREDIENT)
        assert (code, generation) in {(item.code, item.depth) for item in found.findings}
        if generation == 1:
            results = opened(made.store_path.read_bytes())["c2pa.ingredient.v3"]["validationResults"]
            assert code in {item["code"] for item in results["activeManifest"]["failure"]}
        with pytest.raises(SigningRefused) as caught:
            writer.sign(from_path(path, Limits()), human, tmp_path, "again")
        assert caught.value.code == "broken_parent"


def test_a_broken_component_may_be_accepted_too(
    signed: Manifest,
    jpeg: Path,
    human: Declaration,
    writer: ManifestWriter,
    inspector: Inspector,
    media: dict[str, Path],
    tmp_path: Path,
) -> None:
    path = broken(signed, "assertion.dataHash.mismatch", tmp_path / "broken.jpg")
    declaration = replace(human, accept_broken_parent=True, parents=(path, media["png"]))
    made = writer.sign(from_path(jpeg, Limits()), declaration, tmp_path, "out")
    found = inspector.inspect(from_path(made.signed_path, Limits()))
    assert (found.credential, found.history) == (Credential.INVALID, History.TAMPERED_INGREDIENT)


def test_a_parent_that_cannot_even_be_read_is_refused_since_it_could_not_be_kept(
    signed: Manifest, human: Declaration, writer: ManifestWriter, tmp_path: Path
) -> None:
    content = bytearray(signed.signed_path.read_bytes())
    at = content.find(b"jumdc2ma")
    content[at - 8 : at - 4] = b"\xff\xff\xff\xff"
    (tmp_path / "broken.jpg").write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(SigningRefused, match="cannot be read") as caught:
        writer.sign(
            from_path(tmp_path / "broken.jpg", Limits()),
            replace(human, accept_broken_parent=True),
            tmp_path / "out",
            "x",
        )
    assert caught.value.code == "broken_parent"
    assert list((tmp_path / "out").iterdir()) == []


def test_accepting_broken_parents_changes_nothing_over_a_sound_one(
    signed: Manifest, human: Declaration, writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    insisting = replace(human, accept_broken_parent=True)
    made = writer.sign(from_path(signed.signed_path, Limits()), insisting, tmp_path, "out")
    found = inspector.inspect(from_path(made.signed_path, Limits()))
    assert (found.credential, found.history) == (Credential.TRUSTED, History.INTACT)
