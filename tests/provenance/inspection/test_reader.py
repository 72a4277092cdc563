"""What an inspection says of signed, changed, stripped, foreign and half-broken files."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import ProvenanceError, RejectedAsset
from provenance.inspection.inspection import (
    Credential,
    History,
    Inspection,
    Origin,
    Revocation,
    SigningTime,
)
from provenance.inspection.reader import Inspector
from provenance.inspection.sandbox import ReaderLimits
from provenance.keys.signer import ClaimSigner
from provenance.manifests.manifest import Declaration, Manifest, SourceType
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import TrustStore


def asset_of(path: Path) -> Asset:
    return from_path(path, Limits())


def signing_context(signer: ClaimSigner) -> Any:
    """A signer without our writer's scruples."""
    from provenance import sdk

    c2pa = sdk.load()
    info = c2pa.C2paSignerInfo(signer.algorithm.value, signer.chain_pem, signer.private_key_pem, None)
    settings = sdk.base_settings((), verify_after_sign=False)
    return sdk.context(settings, c2pa.Signer.from_info(info))


def codes(found: Inspection, depth: int | None = None) -> set[str]:
    return {finding.code for finding in found.findings if depth in (None, finding.depth)}


def changed(path: Path, content: bytes) -> Asset:
    other = path.with_name("changed" + path.suffix)
    other.write_bytes(content)
    return asset_of(other)


def test_a_signed_file_reads_as_trusted_on_every_axis(signed: Manifest, inspector: Inspector) -> None:
    found = inspector.inspect(asset_of(signed.signed_path))
    assert found.credential is Credential.TRUSTED
    assert (found.history, found.origin, found.time) == (History.INTACT, Origin.HUMAN, SigningTime.NONE)
    assert found.revocation is Revocation.UNKNOWN
    assert found.trust_list == "our root"
    assert found.signer == "Assay development claim signer, Assay development"
    assert found.title == "A photograph"
    assert found.generator == "Assay 0.1.0"
    assert str(found.digital_source_type).endswith("/digitalCapture")
    assert (found.claim_sha256, found.binding_sha256) == (signed.claim_sha256, signed.binding_sha256)
    assert (found.padding_bytes, found.findings) == (0, ())


def test_without_our_root_the_same_file_is_from_an_untrusted_issuer(signed: Manifest) -> None:
    with Inspector(TrustStore()) as stranger:
        found = stranger.inspect(asset_of(signed.signed_path))
    assert (found.credential, found.trust_list) == (Credential.UNTRUSTED_ISSUER, None)
    assert codes(found) == {"signingCredential.untrusted"}
    assert found.claim_sha256 == signed.claim_sha256


def test_one_flipped_pixel_byte_is_invalid(signed: Manifest, inspector: Inspector) -> None:
    content = bytearray(signed.signed_path.read_bytes())
    content[-200] ^= 1
    found = inspector.inspect(changed(signed.signed_path, bytes(content)))
    assert found.credential is Credential.INVALID
    assert "assertion.dataHash.mismatch" in codes(found, 0)


def test_bytes_after_the_end_of_the_picture_are_invalid(signed: Manifest, inspector: Inspector) -> None:
    content = signed.signed_path.read_bytes() + b"<html>"
    assert inspector.inspect(changed(signed.signed_path, content)).credential is Credential.INVALID


def test_a_stripped_file_has_no_credentials(signed: Manifest, inspector: Inspector, tmp_path: Path) -> None:
    Image.open(signed.signed_path).save(tmp_path / "stripped.jpg")
    found = inspector.inspect(asset_of(tmp_path / "stripped.jpg"))
    assert dataclasses.replace(found, statements=()) == Inspection(Credential.NONE)
    assert found.statements[0].value == "none"


def test_a_manifest_moved_to_another_picture_is_invalid(
    signed: Manifest, inspector: Inspector, media: dict[str, Path]
) -> None:
    for extension in ("png", "txt"):
        found = inspector.inspect(asset_of(media[extension]), signed.store_path)
        assert found.credential is Credential.INVALID


def test_a_flip_in_the_padding_keeps_the_identity_and_is_counted(
    signed: Manifest, inspector: Inspector
) -> None:
    content = bytearray(signed.signed_path.read_bytes())
    pad = content.find(b"cpad", content.find(b"c2pa.signature"))
    assert pad > 0
    content[pad + 100 : pad + 106] = b"hidden"
    found = inspector.inspect(changed(signed.signed_path, bytes(content)))
    assert found.credential is Credential.TRUSTED
    assert (found.claim_sha256, found.binding_sha256) == (signed.claim_sha256, signed.binding_sha256)
    assert found.padding_bytes == 6
    assert codes(found) == {"assay.padding"}


def test_a_decoy_store_in_front_does_not_lend_its_identity(
    signed: Manifest, writer: ManifestWriter, inspector: Inspector, media: dict[str, Path], tmp_path: Path
) -> None:
    other = Image.open(media["png"]).transpose(Image.Transpose.ROTATE_180)
    other.save(tmp_path / "other.png")
    declaration = Declaration(SourceType.HUMAN, "decoy", ())
    with_decoy = tmp_path / "decoy.png"
    with_decoy.write_bytes(
        _with_text_chunk((tmp_path / "other.png").read_bytes(), signed.store_path.read_bytes())
    )
    made = writer.sign(asset_of(with_decoy), declaration, tmp_path, "made")
    found = inspector.inspect(asset_of(made.signed_path))
    assert made.signed_path.read_bytes().count(b"jumdc2pa") == 2
    assert found.claim_sha256 == made.claim_sha256 != signed.claim_sha256


def _with_text_chunk(png: bytes, payload: bytes) -> bytes:
    import struct
    import zlib

    body = b"tEXt" + b"c\0" + payload
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


def test_an_edit_over_a_tampered_parent_shows_the_worst_of_the_chain(
    signed: Manifest, signer: ClaimSigner, inspector: Inspector, tmp_path: Path
) -> None:
    # Our writer refuses this; a careless signer would not, and the SDK calls the result trusted.
    import io
    import json

    from provenance import sdk
    from provenance.assets.asset import Medium
    from provenance.manifests.definition import definition

    c2pa = sdk.load()
    content = bytearray(signed.signed_path.read_bytes())
    content[-200] ^= 1
    text = definition(Declaration(SourceType.AI_EDITED, "top"), Medium.IMAGE, "image/jpeg", edits=True)
    builder = c2pa.Builder(json.dumps(text), context=signing_context(signer))
    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    target = tmp_path / "edited.jpg"
    with target.open("w+b") as file:
        builder.sign("image/jpeg", io.BytesIO(bytes(content)), file)
    reading = sdk.context(sdk.base_settings(inspector.trust.anchors(), verify_after_sign=False))
    with target.open("rb") as file, c2pa.Reader("image/jpeg", file, context=reading) as raw:
        assert raw.get_validation_state() == "Trusted"
    found = inspector.inspect(asset_of(target))
    assert (found.credential, found.history) == (Credential.INVALID, History.TAMPERED_INGREDIENT)
    assert "assertion.dataHash.mismatch" in codes(found, 1)
    assert found.origin is Origin.AI_EDITED


def test_a_file_that_names_a_remote_manifest_is_not_fetched(
    signer: ClaimSigner, inspector: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    import json

    from provenance import sdk
    from provenance.assets.asset import Medium
    from provenance.manifests.definition import definition

    c2pa = sdk.load()
    text = definition(Declaration(SourceType.HUMAN, "far"), Medium.IMAGE, "image/jpeg", edits=False)
    builder = c2pa.Builder(json.dumps(text), context=signing_context(signer))
    builder.set_no_embed()
    builder.set_remote_url("http://127.0.0.1:1/manifest.c2pa")
    target = tmp_path / "remote.jpg"
    with jpeg.open("rb") as source, target.open("w+b") as file:
        builder.sign("image/jpeg", source, file)
    found = inspector.inspect(asset_of(target))
    assert found.credential is Credential.NONE
    assert codes(found) == {"assay.remoteManifest"}


def test_garbage_where_a_claim_should_be_is_invalid_not_absent(
    signed: Manifest, inspector: Inspector
) -> None:
    content = signed.signed_path.read_bytes().replace(b"jumdc2ma", b"jumb\0\0\0\0")
    found = inspector.inspect(changed(signed.signed_path, content))
    assert found.credential is Credential.INVALID
    assert codes(found) == {"assay.malformedManifest"}


def test_whatever_flip_still_reads_as_trusted_keeps_the_identity(
    signed: Manifest, inspector: Inspector
) -> None:
    content = signed.signed_path.read_bytes()
    start = content.find(b"jumb") - 4
    length = signed.store_path.stat().st_size
    trusted = 0
    # Every byte of the boxes' headers and labels at the front and around the claim, every seventh elsewhere.
    for at in sorted({*range(120), *range(0, length, 7)}):
        flipped = bytearray(content)
        flipped[start + at] ^= 1 << at % 8
        found = inspector.inspect(changed(signed.signed_path, bytes(flipped)))
        if found.credential is Credential.TRUSTED:
            trusted += 1
            assert found.claim_sha256 == signed.claim_sha256, at
            assert found.binding_sha256 == signed.binding_sha256, at
    assert trusted > 50


def test_a_text_without_a_sidecar_says_nothing_and_with_one_is_trusted(
    writer: ManifestWriter, inspector: Inspector, media: dict[str, Path], human: Declaration, tmp_path: Path
) -> None:
    made = writer.sign(asset_of(media["txt"]), human, tmp_path, "note")
    assert inspector.inspect(asset_of(made.signed_path)).credential is Credential.NONE
    assert inspector.inspect(asset_of(made.signed_path), made.store_path).credential is Credential.TRUSTED


def test_a_report_beyond_the_limit_is_refused(signed: Manifest, trust: TrustStore) -> None:
    with (
        Inspector(trust, ReaderLimits(max_report_bytes=100)) as small,
        pytest.raises(RejectedAsset) as caught,
    ):
        small.inspect(asset_of(signed.signed_path))
    assert caught.value.code == "report_too_large"


def test_the_same_file_gives_the_same_inspection_twice(signed: Manifest, inspector: Inspector) -> None:
    first, second = (inspector.inspect(asset_of(signed.signed_path)) for _ in range(2))
    assert dataclasses.asdict(first) == dataclasses.asdict(second)


def test_an_sdk_with_known_bypasses_is_refused() -> None:
    from provenance import sdk

    with pytest.raises(ProvenanceError) as caught:
        sdk.check_version("0.91.0")
    assert caught.value.code == "sdk_too_old"
    assert sdk.check_version("0.91.1") == "0.91.1"
    assert sdk.check_version("1.0.0-beta") == "1.0.0-beta"


@pytest.mark.parametrize(
    "settings",
    [
        {"verify": {"remote_manifest_fetched": False}},
        {"verify": {"ocsp_fetch": "no"}},
        {"trust": {"anchors": [{"pem": "x"}]}},
        {"network": True},
    ],
)
def test_a_setting_that_the_sdk_would_ignore_is_refused(settings: dict[str, object]) -> None:
    from provenance import sdk

    with pytest.raises(ProvenanceError) as caught:
        sdk.check_settings(settings)
    assert caught.value.code == "unknown_setting"
