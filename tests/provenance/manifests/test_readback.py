"""Which results are read back, and that the digests of the others are the same."""

from pathlib import Path
from typing import Any

import pytest

from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import Inspection
from provenance.inspection.reader import Inspector
from provenance.keys.signer import ClaimSigner
from provenance.manifests import readback
from provenance.manifests import writer as writing
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.writer import ManifestWriter


class Watching(Inspector):
    """An inspector that remembers which signed results it was shown."""

    shown: tuple[str, ...] = ()

    def inspect(self, asset: Asset, *arguments: Any, **named: Any) -> Inspection:
        if asset.path.name.startswith(".signing-"):
            self.shown += (asset.media_type,)
        return super().inspect(asset, *arguments, **named)


@pytest.fixture
def watching(inspector: Inspector) -> Any:
    with Watching(inspector.trust) as made:
        yield made


def test_the_first_of_each_type_and_one_in_a_hundred_are_read_back(
    watching: Watching, signer: ClaimSigner, human: Declaration, media: dict[str, Path], tmp_path: Path
) -> None:
    writer = ManifestWriter(signer, watching)
    for _ in range(readback.SAMPLE):
        writer.sign(from_path(media["jpg"], Limits()), human, tmp_path, "out")
    assert watching.shown == ("image/jpeg",)
    writer.sign(from_path(media["png"], Limits()), human, tmp_path, "out")
    writer.sign(from_path(media["jpg"], Limits()), human, tmp_path, "out")
    assert watching.shown == ("image/jpeg", "image/png", "image/jpeg")


def test_another_key_is_read_back_at_once(
    watching: Watching, signer: ClaimSigner, human: Declaration, jpeg: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        ManifestWriter(signer, watching).sign(from_path(jpeg, Limits()), human, tmp_path, "out")
    assert watching.shown == ("image/jpeg",) * 2


def test_edits_are_always_read_back(
    watching: Watching, signer: ClaimSigner, signed: Manifest, human: Declaration, tmp_path: Path
) -> None:
    writer = ManifestWriter(signer, watching)
    for number in range(3):
        writer.sign(from_path(signed.signed_path, Limits()), human, tmp_path, f"out{number}")
    assert watching.shown == ("image/jpeg",) * 3


def test_the_digests_of_a_result_that_was_not_read_back_are_those_a_reader_finds(
    inspector: Inspector, signer: ClaimSigner, human: Declaration, media: dict[str, Path], tmp_path: Path
) -> None:
    writer = ManifestWriter(signer, inspector)
    for extension, path in media.items():
        for _ in range(2):
            made = writer.sign(from_path(path, Limits()), human, tmp_path, "out")
        sidecar = None if made.embedded else made.store_path
        found = inspector.inspect(from_path(made.signed_path, Limits()), sidecar)
        assert (found.claim_sha256, found.binding_sha256) == (made.claim_sha256, made.binding_sha256), (
            extension
        )


def test_a_large_file_is_signed_from_disk_alike(
    monkeypatch: pytest.MonkeyPatch,
    inspector: Inspector,
    writer: ManifestWriter,
    human: Declaration,
    media: dict[str, Path],
    tmp_path: Path,
) -> None:
    for extension, path in media.items():
        asset = from_path(path, Limits())
        small = writer.sign(asset, human, tmp_path, "small")
        with monkeypatch.context() as patch:
            patch.setattr(writing, "IN_MEMORY_BYTES", 0)
            large = writer.sign(asset, human, tmp_path, "large")
        assert large.binding_sha256 == small.binding_sha256 or extension == "pdf", extension
        assert large.signed_path.stat().st_mode & 0o077 == 0
        assert not list(tmp_path.glob(".signing-*"))
