"""Credentials kept elsewhere: fetched only when the caller asks, and said."""

import json
from pathlib import Path

import pytest

from provenance import sdk
from provenance.assets.asset import Medium
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import FetchFailed
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import MAX_SIDECAR_BYTES, Inspector
from provenance.keys.signer import ClaimSigner
from provenance.manifests.definition import definition
from provenance.manifests.manifest import Declaration, SourceType
from provenance.trust.lists import TrustStore

URL = "https://credentials.example/manifest.c2pa"


@pytest.fixture
def pointing(signer: ClaimSigner, jpeg: Path, tmp_path: Path) -> tuple[Path, bytes]:
    """A picture that names its manifest's address, and the manifest."""
    c2pa = sdk.load()
    info = c2pa.C2paSignerInfo(signer.algorithm.value, signer.chain_pem, signer.private_key_pem, None)
    context = sdk.context(sdk.base_settings((), verify_after_sign=False), c2pa.Signer.from_info(info))
    text = definition(Declaration(SourceType.HUMAN, "far"), Medium.IMAGE, "image/jpeg", edits=False)
    builder = c2pa.Builder(json.dumps(text), context=context)
    builder.set_no_embed()
    builder.set_remote_url(URL)
    target = tmp_path / "remote.jpg"
    with jpeg.open("rb") as source, target.open("w+b") as file:
        store = builder.sign("image/jpeg", source, file)
    return target, store


def test_the_named_manifest_is_fetched_when_asked_for_and_its_host_is_said(
    trust: TrustStore, pointing: tuple[Path, bytes]
) -> None:
    path, store = pointing
    asked: list[tuple[str, int]] = []

    def fetch(url: str, *, max_bytes: int, seconds: float) -> bytes:
        asked.append((url, max_bytes))
        return store

    with Inspector(trust, fetch=fetch) as inspector:
        asset = from_path(path, Limits())
        unasked = inspector.inspect(asset)
        assert asked == []
        found = inspector.inspect(asset, remote=True)
    assert unasked.credential is Credential.NONE
    assert [one.code for one in unasked.findings] == ["assay.remoteManifest"]
    assert asked == [(URL, MAX_SIDECAR_BYTES)]
    assert found.credential is Credential.TRUSTED
    assert (found.findings[0].code, found.findings[0].title) == (
        "assay.remoteManifestFetched",
        "credentials.example",
    )


def test_a_fetched_manifest_of_other_content_is_invalid(
    trust: TrustStore, pointing: tuple[Path, bytes], media: dict[str, Path]
) -> None:
    path, store = pointing
    content = bytearray(path.read_bytes())
    content[-200] ^= 1
    path.write_bytes(content)
    with Inspector(trust, fetch=lambda url, **_: store) as inspector:
        found = inspector.inspect(from_path(path, Limits()), remote=True)
    assert found.credential is Credential.INVALID


def test_a_manifest_that_cannot_be_had_is_said(trust: TrustStore, pointing: tuple[Path, bytes]) -> None:
    def refuse(url: str, **_: object) -> bytes:
        raise FetchFailed("No.", code="blocked_address")

    with Inspector(trust, fetch=refuse) as inspector:
        found = inspector.inspect(from_path(pointing[0], Limits()), remote=True)
    assert found.credential is Credential.NONE
    assert [one.code for one in found.findings] == ["assay.remoteManifestUnavailable"]


@pytest.mark.network
def test_the_guarded_client_refuses_an_address_of_this_machine(
    trust: TrustStore, pointing: tuple[Path, bytes]
) -> None:
    path = pointing[0]
    here = b"https://127.0.0.1:1234/".ljust(len(URL), b"a")
    path.write_bytes(path.read_bytes().replace(URL.encode(), here))
    with Inspector(trust) as inspector:
        found = inspector.inspect(from_path(path, Limits()), remote=True)
    assert "assay.remoteManifestUnavailable" in {one.code for one in found.findings}
