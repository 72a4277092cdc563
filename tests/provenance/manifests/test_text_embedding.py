"""A text with its manifest inside, as the writer hands it over."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import SigningRefused
from provenance.inspection import in_text
from provenance.inspection.inspection import Credential, Origin
from provenance.inspection.reader import Inspector
from provenance.manifests.manifest import Declaration, SourceType, TrainingChoice
from provenance.manifests.writer import ManifestWriter


@pytest.fixture
def inside() -> Declaration:
    return Declaration(SourceType.HUMAN, "A note", embed_text=True)


def test_the_text_stays_at_the_front_and_carries_its_manifest(
    inside: Declaration,
    media: dict[str, Path],
    writer: ManifestWriter,
    inspector: Inspector,
    tmp_path: Path,
) -> None:
    made = writer.sign(from_path(media["txt"], Limits()), inside, tmp_path, "out")
    signed, store = made.signed_path.read_bytes(), made.store_path.read_bytes()
    assert made.embedded
    assert made.signed_path == tmp_path / "out.txt"
    assert signed.startswith(media["txt"].read_bytes())
    assert made.signed_sha256 == hashlib.sha256(signed).hexdigest()
    found = in_text.find(signed)
    assert found is not None
    assert found.store == store
    inspected = inspector.inspect(from_path(made.signed_path, Limits()))
    assert (inspected.credential, inspected.origin) == (Credential.TRUSTED, Origin.HUMAN)
    assert (inspected.claim_sha256, inspected.binding_sha256) == (made.claim_sha256, made.binding_sha256)


def test_what_is_declared_goes_in_with_it(
    inside: Declaration,
    media: dict[str, Path],
    writer: ManifestWriter,
    opened: Callable[[bytes], dict[str, Any]],
    tmp_path: Path,
) -> None:
    draft = tmp_path / "draft.txt"
    draft.write_text("A first draft.")
    declaration = replace(
        inside,
        source_type=SourceType.AI_EDITED,
        parents=(draft,),
        training=TrainingChoice.NOT_ALLOWED,
        author="Ada",
    )
    made = writer.sign(from_path(media["txt"], Limits()), declaration, tmp_path, "out")
    found = opened(made.store_path.read_bytes())
    assert {"cawg.metadata", "cawg.training-mining", "c2pa.ingredient.v3"} <= set(found)
    actions = [action["action"] for action in found["c2pa.actions.v2"]["actions"]]
    assert actions == ["c2pa.opened", "c2pa.edited"]


def test_a_changed_word_is_seen(
    inside: Declaration,
    media: dict[str, Path],
    writer: ManifestWriter,
    inspector: Inspector,
    tmp_path: Path,
) -> None:
    made = writer.sign(from_path(media["txt"], Limits()), inside, tmp_path, "out")
    changed = tmp_path / "changed.txt"
    changed.write_bytes(made.signed_path.read_bytes().replace(b"Satz", b"Witz", 1))
    assert inspector.inspect(from_path(changed, Limits())).credential is Credential.INVALID


def test_a_refused_text_leaves_nothing_behind(
    inside: Declaration, writer: ManifestWriter, tmp_path: Path
) -> None:
    text = tmp_path / "note.txt"
    text.write_text("e\u0301te\u0301")
    with pytest.raises(SigningRefused) as caught:
        writer.sign(from_path(text, Limits()), inside, tmp_path, "out")
    assert caught.value.code == "text_not_normalised"
    assert list(tmp_path.iterdir()) == [text]


def test_the_wish_changes_nothing_for_other_media(
    inside: Declaration, jpeg: Path, writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    made = writer.sign(from_path(jpeg, Limits()), inside, tmp_path, "out")
    assert inspector.inspect(from_path(made.signed_path, Limits())).credential is Credential.TRUSTED


@pytest.mark.parametrize("accepts", [False, True])
def test_a_text_with_its_manifest_inside_is_not_signed_over_nor_made_a_nameless_parent(
    accepts: bool,
    inside: Declaration,
    media: dict[str, Path],
    writer: ManifestWriter,
    jpeg: Path,
    tmp_path: Path,
) -> None:
    signed = writer.sign(from_path(media["txt"], Limits()), inside, tmp_path, "out").signed_path
    again = replace(inside, embed_text=False, accept_broken_parent=accepts)
    for asset, declaration in ((signed, again), (jpeg, replace(again, parents=(signed,)))):
        with pytest.raises(SigningRefused) as caught:
            writer.sign(from_path(asset, Limits()), declaration, tmp_path, "again")
        assert caught.value.code == "text_already_signed"
