"""What an attester declares, found again in the signed manifest."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from provenance.assets.asset import Medium
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.manifests.definition import definition
from provenance.manifests.manifest import Declaration, SoftBinding, SourceType, TrainingChoice
from provenance.manifests.writer import ManifestWriter

Opened = Callable[[bytes], dict[str, Any]]


@pytest.fixture
def thumbnail() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    return out.getvalue()


def test_our_thumbnail_and_soft_bindings_are_in_the_manifest(
    jpeg: Path,
    thumbnail: bytes,
    writer: ManifestWriter,
    inspector: Inspector,
    opened: Opened,
    tmp_path: Path,
) -> None:
    bindings = (SoftBinding("io.iscc.v0", "ISCC:KACYPXW4"), SoftBinding("org.example.pdq", "f0" * 32))
    declaration = Declaration(SourceType.HUMAN, "x", thumbnail=thumbnail, soft_bindings=bindings)
    made = writer.sign(from_path(jpeg, Limits()), declaration, tmp_path, "out")
    found = opened(made.store_path.read_bytes())
    assert thumbnail in made.store_path.read_bytes()
    assert found["c2pa.soft-binding"]["alg"] == "io.iscc.v0"
    assert found["c2pa.soft-binding"]["blocks"] == [{"scope": {}, "value": "ISCC:KACYPXW4"}]
    assert found["c2pa.soft-binding__1"]["blocks"] == [{"scope": {}, "value": "f0" * 32}]
    created = [entry["url"].rpartition("/")[2] for entry in found["claim"]["created_assertions"]]
    assert created[:3] == ["c2pa.actions.v2", "c2pa.soft-binding", "c2pa.soft-binding__1"]
    assert inspector.inspect(from_path(made.signed_path, Limits())).credential is Credential.TRUSTED


@pytest.mark.parametrize("choice", list(TrainingChoice))
def test_the_training_choice_answers_every_use_alike(
    choice: TrainingChoice, jpeg: Path, writer: ManifestWriter, opened: Opened, tmp_path: Path
) -> None:
    declaration = Declaration(SourceType.HUMAN, "x", training=choice)
    made = writer.sign(from_path(jpeg, Limits()), declaration, tmp_path, "out")
    entries = opened(made.store_path.read_bytes())["cawg.training-mining"]["entries"]
    assert {entry["use"] for entry in entries.values()} == {choice.value}
    assert set(entries) == {
        "cawg.ai_generative_training",
        "cawg.ai_inference",
        "cawg.ai_training",
        "cawg.data_mining",
    }
    assert ("constraint_info" in entries["cawg.data_mining"]) == (choice is TrainingChoice.CONSTRAINED)


def test_what_the_attester_says_is_gathered_not_created(
    jpeg: Path, writer: ManifestWriter, opened: Opened, tmp_path: Path
) -> None:
    declaration = Declaration(SourceType.HUMAN, "x", training=TrainingChoice.NOT_ALLOWED, author="Ada")
    made = writer.sign(from_path(jpeg, Limits()), declaration, tmp_path, "out")
    found = opened(made.store_path.read_bytes())
    gathered = {entry["url"].rpartition("/")[2] for entry in found["claim"]["gathered_assertions"]}
    assert gathered == {"cawg.metadata", "cawg.training-mining"}
    stated = json.loads(found["cawg.metadata"].content(b"json"))
    assert stated == {"@context": {"dc": "http://purl.org/dc/elements/1.1/"}, "dc:creator": ["Ada"]}


def test_without_wishes_there_is_no_assertion_about_them(
    jpeg: Path, writer: ManifestWriter, human: Declaration, opened: Opened, tmp_path: Path
) -> None:
    made = writer.sign(from_path(jpeg, Limits()), human, tmp_path, "out")
    found = opened(made.store_path.read_bytes())
    assert set(found) == {"claim", "c2pa.actions.v2", "c2pa.hash.data"}


def test_removed_metadata_is_an_action_with_a_time_and_words() -> None:
    text = definition(
        Declaration(SourceType.HUMAN, "x"),
        Medium.IMAGE,
        "image/jpeg",
        edits=False,
        removed=("GPS position", "camera serial number"),
    )
    made, edited = text["assertions"][0]["data"]["actions"]
    assert made["action"] == "c2pa.created"
    assert "when" not in made
    assert edited["action"] == "c2pa.edited.metadata"
    assert edited["when"].endswith("Z")
    assert edited["description"] == "Removed from the published copy: GPS position, camera serial number."
    assert "digitalSourceType" not in edited


@pytest.mark.parametrize("field", ["title", "author"])
def test_hostile_words_are_one_bounded_line_with_its_tricks_marked(field: str) -> None:
    words = "A/B \u202eevil\u202c\x1b[31m\u200b\n" + "x" * 5000
    declaration = replace(Declaration(SourceType.HUMAN, "x", author="y"), **{field: words})
    text = definition(declaration, Medium.IMAGE, "image/jpeg", edits=False)
    written = text["title"] if field == "title" else text["assertions"][-1]["data"]["dc:creator"][0]
    assert written.startswith("A/B [U+202E]evil[U+202C][U+001B][31m[U+200B][U+000A]xxx")
    assert len(written) <= 200


def test_hostile_strings_as_titles_are_signed_and_read(
    shared: Path, jpeg: Path, writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    for path in sorted((shared / "vectors" / "hostile-strings" / "attacks").glob("*.attack")):
        for words in path.read_text(errors="surrogateescape").splitlines():
            declaration = Declaration(SourceType.HUMAN, words, author=words)
            made = writer.sign(from_path(jpeg, Limits()), declaration, tmp_path, "out")
            found = inspector.inspect(from_path(made.signed_path, Limits()))
            assert found.credential is Credential.TRUSTED, words[:100]
