"""Signing every format, continuing histories, and refusing what must not be signed."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import KeyMaterialInvalid, ProvenanceError, SignerUnavailable, SigningRefused
from provenance.inspection.inspection import Credential, History, Origin
from provenance.inspection.reader import Inspector
from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner, raw_signature
from provenance.manifests import formats
from provenance.manifests.manifest import Declaration, Manifest, SourceType
from provenance.manifests.writer import ManifestWriter

DETACHED = {"txt"}
FORMATS = ["jpg", "png", "webp", "gif", "tiff", "avif", "heic", "svg", "mp4", "mov", "m4a", "wav", "mp3"]
FORMATS += ["flac", "pdf", "txt"]


def asset_of(path: Path) -> Asset:
    return from_path(path, Limits())


@pytest.mark.parametrize("extension", FORMATS)
def test_each_format_is_signed_read_back_and_guarded_against_change(
    extension: str,
    media: dict[str, Path],
    writer: ManifestWriter,
    inspector: Inspector,
    human: Declaration,
    tmp_path: Path,
) -> None:
    source = asset_of(media[extension])
    made = writer.sign(source, human, tmp_path, "out")
    assert made.embedded == (extension not in DETACHED) == formats.embeds(source.media_type)
    assert made.signed_path == tmp_path / f"out.{extension}"
    assert made.store_path == tmp_path / f"out.{extension}.c2pa"
    assert sorted(tmp_path.iterdir()) == [made.signed_path, made.store_path]
    assert made.signed_sha256 == hashlib.sha256(made.signed_path.read_bytes()).hexdigest()
    assert made.store_sha256 == hashlib.sha256(made.store_path.read_bytes()).hexdigest()

    sidecar = None if made.embedded else made.store_path
    signed = asset_of(made.signed_path)
    assert signed.media_type == source.media_type
    found = inspector.inspect(signed, sidecar)
    assert (found.credential, found.origin) == (Credential.TRUSTED, Origin.HUMAN)
    assert (found.claim_sha256, found.binding_sha256) == (made.claim_sha256, made.binding_sha256)

    original, content = media[extension].read_bytes(), bytearray(made.signed_path.read_bytes())
    at = content.find(original[-40:-20]) if content.find(original[-40:-20]) >= 0 else len(content) - 30
    content[at + 5] ^= 1
    changed = tmp_path / "changed"
    changed.write_bytes(content)
    assert inspector.inspect(replace(signed, path=changed), sidecar).credential is Credential.INVALID


@pytest.mark.slow
def test_every_public_sample_is_signed_and_verified(
    shared: Path, writer: ManifestWriter, inspector: Inspector, human: Declaration, tmp_path: Path
) -> None:
    for path in sorted((shared / "samples" / "media").iterdir()):
        made = writer.sign(asset_of(path), human, tmp_path, path.stem)
        found = inspector.inspect(asset_of(made.signed_path), None if made.embedded else made.store_path)
        assert found.credential is Credential.TRUSTED, path.name
        assert made.embedded == (path.suffix != ".c2pa-rs"), path.name


@pytest.mark.parametrize("source_type", list(SourceType))
def test_the_declared_source_comes_back_as_the_origin(
    source_type: SourceType, jpeg: Path, writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    made = writer.sign(asset_of(jpeg), Declaration(source_type, "x"), tmp_path, "out")
    assert inspector.inspect(asset_of(made.signed_path)).origin is source_type.origin


def test_a_signed_upload_becomes_the_parent(
    signed: Manifest, writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    declaration = Declaration(SourceType.AI_EDITED, "second")
    made = writer.sign(asset_of(signed.signed_path), declaration, tmp_path, "again")
    found = inspector.inspect(asset_of(made.signed_path))
    assert (found.credential, found.history) == (Credential.TRUSTED, History.INTACT)
    assert found.origin is Origin.AI_EDITED
    manifests = _manifests(made.store_path.read_bytes())
    assert len(manifests) == 2
    actions = [action["action"] for action in manifests[-1]["c2pa.actions.v2"]["actions"]]
    assert actions == ["c2pa.opened", "c2pa.edited"]
    assert manifests[-1]["c2pa.ingredient.v3"]["relationship"] == "parentOf"


def test_calling_an_ai_picture_human_later_does_not_make_it_human(
    jpeg: Path, writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    first = writer.sign(asset_of(jpeg), Declaration(SourceType.AI_GENERATED, "made"), tmp_path, "first")
    second = writer.sign(
        asset_of(first.signed_path), Declaration(SourceType.HUMAN, "washed"), tmp_path, "second"
    )
    found = inspector.inspect(asset_of(second.signed_path))
    assert found.origin is Origin.AI_GENERATED
    assert "assay.contradictingOrigin" in {finding.code for finding in found.findings}


def test_a_broken_parent_is_refused(
    signed: Manifest, writer: ManifestWriter, human: Declaration, jpeg: Path, tmp_path: Path
) -> None:
    content = bytearray(signed.signed_path.read_bytes())
    content[-200] ^= 1
    (tmp_path / "broken.jpg").write_bytes(content)
    (tmp_path / "out").mkdir()
    for asset, declaration in (
        (asset_of(tmp_path / "broken.jpg"), human),
        (asset_of(jpeg), replace(human, parents=(tmp_path / "broken.jpg",))),
    ):
        with pytest.raises(SigningRefused) as caught:
            writer.sign(asset, declaration, tmp_path / "out", "x")
        assert caught.value.code == "broken_parent"
        assert list((tmp_path / "out").iterdir()) == []


def test_one_declared_parent_is_opened_and_several_are_placed(
    signed: Manifest,
    media: dict[str, Path],
    writer: ManifestWriter,
    inspector: Inspector,
    tmp_path: Path,
) -> None:
    source = asset_of(media["png"])
    one = Declaration(SourceType.COMPOSITE, "one", (signed.signed_path,))
    several = Declaration(SourceType.COMPOSITE, "several", (signed.signed_path, media["webp"], media["txt"]))
    made = writer.sign(source, one, tmp_path, "one")
    manifest = _manifests(made.store_path.read_bytes())[-1]
    assert [a["action"] for a in manifest["c2pa.actions.v2"]["actions"]] == ["c2pa.opened", "c2pa.edited"]
    assert inspector.inspect(asset_of(made.signed_path)).credential is Credential.TRUSTED

    made = writer.sign(source, several, tmp_path, "several")
    manifest = _manifests(made.store_path.read_bytes())[-1]
    actions = manifest["c2pa.actions.v2"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.created"] + ["c2pa.placed"] * 3
    assert all(action["parameters"]["ingredients"] for action in actions[1:])
    found = inspector.inspect(asset_of(made.signed_path))
    assert (found.credential, found.origin) == (Credential.TRUSTED, Origin.COMPOSITE)


def test_a_text_edited_from_a_text_names_its_parent(
    media: dict[str, Path], writer: ManifestWriter, inspector: Inspector, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.txt"
    draft.write_text("A first draft.")
    declaration = Declaration(SourceType.AI_EDITED, "final", (draft,))
    made = writer.sign(asset_of(media["txt"]), declaration, tmp_path, "final")
    found = inspector.inspect(asset_of(made.signed_path), made.store_path)
    assert (found.credential, found.origin) == (Credential.TRUSTED, Origin.AI_EDITED)


def test_the_manifest_has_what_the_conformance_rubric_asks(signed: Manifest) -> None:
    from provenance.inspection import cbor, claim, jumbf

    active = jumbf.manifests(jumbf.parse(signed.store_path.read_bytes()))[-1]
    stated = next(
        cbor.decode(raw)
        for box in active.children
        if (raw := box.content(b"cbor")) and isinstance(cbor.decode(raw), dict)
    )
    assert stated["claim_generator_info"]["specVersion"] == "2.4.0"
    created = [entry["url"].rpartition("/")[2] for entry in stated["created_assertions"]]
    assert created[0] == "c2pa.actions.v2"
    assert "c2pa.hash.data" in created
    assert not stated.get("gathered_assertions")
    assertions = _manifests(signed.store_path.read_bytes())[-1]
    actions = assertions["c2pa.actions.v2"]
    assert actions["allActionsIncluded"] is True
    assert actions["actions"][0]["action"] == "c2pa.created"
    assert claim.identity(signed.store_path.read_bytes()).padding_bytes == 0


def test_no_thumbnail_is_made(signed: Manifest) -> None:
    assert signed.store_path.stat().st_size < 8000


def test_signing_again_replaces_the_same_files(
    jpeg: Path, writer: ManifestWriter, human: Declaration, tmp_path: Path
) -> None:
    first = writer.sign(asset_of(jpeg), human, tmp_path, "out")
    second = writer.sign(asset_of(jpeg), human, tmp_path, "out")
    assert first.signed_path == second.signed_path
    assert first.binding_sha256 == second.binding_sha256
    assert first.claim_sha256 != second.claim_sha256
    assert len(list(tmp_path.iterdir())) == 2


def test_threads_share_one_writer(
    jpeg: Path, writer: ManifestWriter, human: Declaration, tmp_path: Path
) -> None:
    asset = asset_of(jpeg)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: writer.sign(asset, human, tmp_path, f"out{n}"), range(12)))
    assert len({one.claim_sha256 for one in made}) == 12


def test_a_writer_goes_on_in_a_forked_child(
    jpeg: Path, signer: ClaimSigner, human: Declaration, tmp_path: Path
) -> None:
    own = ManifestWriter(signer)
    own.sign(asset_of(jpeg), human, tmp_path, "before")
    child = os.fork()
    if child == 0:
        try:
            own.sign(asset_of(jpeg), human, tmp_path, "inside")
            own.close()
        finally:
            os._exit(0 if (tmp_path / "inside.jpg").exists() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    own.close()


def test_a_signer_outside_the_sdk_signs_by_callback(
    jpeg: Path, signer: ClaimSigner, inspector: Inspector, human: Declaration, tmp_path: Path
) -> None:
    key: Any = serialization.load_pem_private_key(signer.private_key_pem or b"", None)
    device = ClaimSigner(signer.chain_pem, signer.algorithm, sign=lambda data: raw_signature(key, data))
    made = ManifestWriter(device, inspector).sign(asset_of(jpeg), human, tmp_path, "out")
    assert inspector.inspect(asset_of(made.signed_path)).credential is Credential.TRUSTED


def test_a_key_store_that_does_not_answer_is_unavailable_with_its_own_sentence(
    jpeg: Path, signer: ClaimSigner, inspector: Inspector, human: Declaration, tmp_path: Path
) -> None:
    def gone(_data: bytes) -> bytes:
        raise SignerUnavailable("The HSM is gone.")

    device = ManifestWriter(ClaimSigner(signer.chain_pem, signer.algorithm, sign=gone), inspector)
    with pytest.raises(SignerUnavailable, match=r"The HSM is gone\.") as caught:
        device.sign(asset_of(jpeg), human, tmp_path, "out")
    assert (caught.value.code, caught.value.permanent) == ("signer_unavailable", False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signature", [b"", b"x" * 200])
def test_a_signature_of_the_wrong_length_is_never_written(
    signature: bytes,
    jpeg: Path,
    signer: ClaimSigner,
    inspector: Inspector,
    human: Declaration,
    tmp_path: Path,
) -> None:
    device = ClaimSigner(signer.chain_pem, signer.algorithm, sign=lambda _data: signature)
    with pytest.raises(SignerUnavailable):
        ManifestWriter(device, inspector).sign(asset_of(jpeg), human, tmp_path, "out")
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_another_certificate_is_noticed_before_anything_is_handed_over(
    jpeg: Path, signer: ClaimSigner, human: Declaration, inspector: Inspector, tmp_path: Path
) -> None:
    devpki.create(tmp_path / "other", "Somebody else")
    other = (tmp_path / "other" / devpki.KEY_FILE).read_bytes()
    (tmp_path / "out").mkdir()
    wrong = ClaimSigner(signer.chain_pem, signer.algorithm, private_key_pem=other)
    with pytest.raises(KeyMaterialInvalid):
        ManifestWriter(wrong, inspector).sign(asset_of(jpeg), human, tmp_path / "out", "x")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.network
def test_a_time_stamping_authority_that_is_down_is_worth_a_retry(
    jpeg: Path, signer: ClaimSigner, human: Declaration, inspector: Inspector, tmp_path: Path
) -> None:
    stamped = replace(signer, tsa_urls=("http://127.0.0.1:1/",))
    with pytest.raises(SignerUnavailable) as caught:
        ManifestWriter(stamped, inspector).sign(asset_of(jpeg), human, tmp_path, "out")
    assert (caught.value.code, caught.value.permanent) == ("tsa_unavailable", False)


def test_a_file_that_only_looks_like_its_format_is_refused_in_a_sentence(
    writer: ManifestWriter, human: Declaration, tmp_path: Path
) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\nnothing here\n%%EOF")
    with pytest.raises(ProvenanceError) as caught:
        writer.sign(asset_of(tmp_path / "x.pdf"), human, tmp_path, "out")
    assert caught.value.code == "unsignable_media"
    assert [path.name for path in tmp_path.iterdir()] == ["x.pdf"]


def _manifests(store: bytes) -> list[dict[str, Any]]:
    """The CBOR assertions of each manifest, by label."""
    from provenance.inspection import cbor, jumbf

    return [
        {
            box.label: cbor.decode(raw)
            for box in jumbf.assertion_boxes(manifest)
            if (raw := box.content(b"cbor")) is not None
        }
        for manifest in jumbf.manifests(jumbf.parse(store))
    ]
