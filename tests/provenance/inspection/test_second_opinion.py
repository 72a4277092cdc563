"""The second validator beside ours: real files, a real second implementation, in a child of its own."""

import importlib.metadata
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection import second_opinion as module
from provenance.inspection.inspection import Credential, Finding
from provenance.inspection.reader import Inspector
from provenance.inspection.sandbox import ReaderLimits
from provenance.inspection.second_opinion import Agreement, SecondOpinion, second_opinion
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import TrustStore
from tests.pki import Authority, Leaf

SAMPLES = ("C", "CA", "CAI", "CICA", "E-dat-CA", "E-uri-CA", "I", "XCA")


@pytest.fixture(autouse=True)
def installed() -> None:
    try:
        importlib.metadata.version(module.TOOL)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{module.TOOL}, the second validator, is not installed")


def asset(path: Path) -> Asset:
    return from_path(path, Limits())


def opinion(inspector: Inspector, path: Path, store: Path | None = None) -> SecondOpinion:
    taken = asset(path)
    return second_opinion(taken, inspector.inspect(taken, store), inspector.trust, store)


def test_it_agrees_about_what_we_signed(inspector: Inspector, signed: Manifest) -> None:
    found = opinion(inspector, signed.signed_path)
    assert (found.status, found.differences) == (Agreement.AGREES, ())
    assert found.version


def test_it_agrees_about_a_sidecar(inspector: Inspector, signed: Manifest) -> None:
    assert opinion(inspector, signed.signed_path, signed.store_path).status is Agreement.AGREES


def test_a_text_with_its_manifest_beside_it_is_beyond_it(
    inspector: Inspector, writer: ManifestWriter, media: dict[str, Path], human: Declaration, tmp_path: Path
) -> None:
    made = writer.sign(asset(media["txt"]), human, tmp_path, "note")
    found = opinion(inspector, made.signed_path, made.store_path)
    assert (found.status, found.differences) == (Agreement.CANNOT_READ, ())
    assert "beside" in found.reason


def test_it_agrees_about_a_manifest_within_a_text_and_about_a_changed_one(
    inspector: Inspector, writer: ManifestWriter, media: dict[str, Path], human: Declaration, tmp_path: Path
) -> None:
    inside = replace(human, embed_text=True)
    made = writer.sign(asset(media["txt"]), inside, tmp_path, "note").signed_path
    assert inspector.inspect(asset(made)).credential is Credential.TRUSTED
    assert opinion(inspector, made).status is Agreement.AGREES
    made.write_text(made.read_text().replace("Menschen", "Roboter.", 1))
    assert inspector.inspect(asset(made)).credential is Credential.INVALID
    found = opinion(inspector, made)
    assert (found.status, found.differences) == (Agreement.AGREES, ())


@pytest.mark.parametrize("extension", ["png", "webp", "wav", "mp4", "pdf"])
def test_it_agrees_about_other_formats(
    extension: str,
    inspector: Inspector,
    writer: ManifestWriter,
    media: dict[str, Path],
    human: Declaration,
    tmp_path: Path,
) -> None:
    made = writer.sign(asset(media[extension]), human, tmp_path, "made")
    found = opinion(inspector, made.signed_path)
    assert (found.status, found.differences, found.reason) == (Agreement.AGREES, (), "")


def test_it_agrees_that_a_bare_file_and_a_text_hold_nothing(
    inspector: Inspector, media: dict[str, Path]
) -> None:
    assert opinion(inspector, media["jpg"]).status is Agreement.AGREES
    assert opinion(inspector, media["txt"]).status is Agreement.AGREES


def test_it_agrees_that_a_changed_pixel_breaks_the_binding(inspector: Inspector, signed: Manifest) -> None:
    data = bytearray(signed.signed_path.read_bytes())
    data[-20] ^= 1
    signed.signed_path.write_bytes(data)
    taken = asset(signed.signed_path)
    ours = inspector.inspect(taken)
    assert ours.credential is Credential.INVALID
    assert second_opinion(taken, ours, inspector.trust).status is Agreement.AGREES
    blind = replace(ours, credential=Credential.TRUSTED, findings=())
    differences = second_opinion(taken, blind, inspector.trust).differences
    assert any("the content is the one that was signed" in sentence for sentence in differences)
    assert any("assertion.dataHash.mismatch" in sentence for sentence in differences)


def test_it_agrees_about_a_stranger_and_an_expired_signer(
    inspector: Inspector, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    authority = Authority.create("Somebody else")
    signer = authority.issue(Leaf(ends=timedelta(days=30))).claim_signer()
    made = ManifestWriter(signer, inspector).sign(asset(jpeg), human, tmp_path, "made")
    taken = asset(made.signed_path)
    ours = inspector.inspect(taken)
    assert ours.credential is Credential.UNTRUSTED_ISSUER
    assert second_opinion(taken, ours, inspector.trust).status is Agreement.AGREES
    believing = replace(ours, credential=Credential.TRUSTED, findings=())
    found = second_opinion(taken, believing, inspector.trust)
    assert found.differences == (f"We say that the signer is trusted; {module.TOOL} does not.",)


def test_without_lists_of_ours_trust_is_not_compared(inspector: Inspector, signed: Manifest) -> None:
    taken = asset(signed.signed_path)
    with Inspector(TrustStore()) as unknowing:
        found = second_opinion(taken, unknowing.inspect(taken), unknowing.trust)
    assert found.status is Agreement.AGREES


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_agrees_about_the_public_samples(sample: str, inspector: Inspector, shared: Path) -> None:
    found = opinion(inspector, shared / "samples" / "c2pa" / f"adobe-20220124-{sample}.jpg")
    assert (found.status, found.differences) == (Agreement.AGREES, ())


def test_another_active_manifest_and_a_missed_credential_are_differences(
    inspector: Inspector, signed: Manifest
) -> None:
    taken = asset(signed.signed_path)
    ours = inspector.inspect(taken)
    other = second_opinion(taken, replace(ours, manifest_label="urn:c2pa:other"), inspector.trust)
    assert other.status is Agreement.DIFFERS
    assert str(ours.manifest_label) in other.differences[0]
    missed = second_opinion(taken, replace(ours, credential=Credential.NONE), inspector.trust)
    assert missed.differences == (f"{module.TOOL} says that there are content credentials; we do not.",)


def test_a_deeper_fault_that_it_does_not_look_at_is_no_difference(
    inspector: Inspector, signed: Manifest
) -> None:
    taken = asset(signed.signed_path)
    deep = Finding("assertion.dataHash.mismatch", "An ingredient was changed.", 2, "parent.jpg")
    ours = replace(inspector.inspect(taken), credential=Credential.INVALID, findings=(deep,))
    assert second_opinion(taken, ours, inspector.trust).status is Agreement.AGREES


def test_what_it_cannot_read_is_said_and_is_no_disagreement(inspector: Inspector, tmp_path: Path) -> None:
    path = tmp_path / "liar.jpg"
    path.write_bytes(b"no picture, jumdc2pa all the same")
    taken = replace(asset(path), media_type="image/jpeg")
    found = second_opinion(taken, inspector.inspect(taken), inspector.trust)
    assert found.status is Agreement.CANNOT_READ
    assert found.reason


def test_a_hang_and_too_little_memory_are_its_own_affair(inspector: Inspector, signed: Manifest) -> None:
    taken = asset(signed.signed_path)
    ours = inspector.inspect(taken)
    for limits in (ReaderLimits(wall_seconds=0.01), ReaderLimits(memory_bytes=1 << 22)):
        found = second_opinion(taken, ours, inspector.trust, limits=limits)
        assert found.status is Agreement.CANNOT_READ, limits
        assert found.reason


def test_it_is_never_loaded_here_and_leaves_nothing_in_the_home_folder(
    inspector: Inspector, signed: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    # Other tests in this process may have asked it themselves.
    for name in [name for name in sys.modules if name.startswith("encypher")]:
        monkeypatch.delitem(sys.modules, name)
    assert opinion(inspector, signed.signed_path).status is Agreement.AGREES
    assert list(home.iterdir()) == []
    assert not any(name.startswith("encypher") for name in sys.modules)


def test_where_it_is_not_installed_that_is_said(
    inspector: Inspector, signed: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOOL", "no-such-package-for-assay")
    found = opinion(inspector, signed.signed_path)
    assert (found.status, found.version) == (Agreement.UNAVAILABLE, None)
