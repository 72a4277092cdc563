"""A named identity beside the claim signer."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import KeyMaterialInvalid
from provenance.inspection.inspection import Credential, NamedIdentity
from provenance.inspection.reader import Inspector
from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner, X509Identity, raw_signature
from provenance.keys.store import load_file_signer
from provenance.manifests.manifest import Declaration, SourceType, TrainingChoice
from provenance.manifests.writer import ManifestWriter


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> X509Identity:
    folder = tmp_path_factory.mktemp("identity")
    devpki.create(folder, "A newsroom")
    made = load_file_signer(folder)
    return X509Identity(made.chain_pem, made.private_key_pem or b"", made.algorithm)


@pytest.mark.parametrize("key", ["in memory", "on a device"])
def test_the_identity_signs_for_the_content_and_for_what_was_said_of_it(
    key: str,
    identity: X509Identity,
    signer: ClaimSigner,
    inspector: Inspector,
    jpeg: Path,
    opened: Callable[[bytes], dict[str, Any]],
    tmp_path: Path,
) -> None:
    named = replace(signer, identity=identity)
    if key == "on a device":
        held: Any = serialization.load_pem_private_key(signer.private_key_pem or b"", None)
        named = replace(named, private_key_pem=None, sign=lambda data: raw_signature(held, data))
    declaration = Declaration(SourceType.HUMAN, "x", author="Ada", training=TrainingChoice.NOT_ALLOWED)
    made = ManifestWriter(named, inspector).sign(from_path(jpeg, Limits()), declaration, tmp_path, "out")
    found = opened(made.store_path.read_bytes())["cawg.identity"]
    assert found["signer_payload"]["sig_type"] == "cawg.x509.cose"
    referenced = {
        entry["url"].rpartition("/")[2] for entry in found["signer_payload"]["referenced_assertions"]
    }
    assert referenced == {"c2pa.actions.v2", "c2pa.hash.data", "cawg.metadata", "cawg.training-mining"}
    assert b"A newsroom" in found["signature"]
    inspected = inspector.inspect(from_path(made.signed_path, Limits()))
    assert inspected.credential is Credential.TRUSTED
    assert inspected.identities == (
        NamedIdentity("A newsroom claim signer, A newsroom", "cawg.x509.cose", "untrusted"),
    )
    assert inspected.claim_sha256 == made.claim_sha256


def test_without_an_identity_none_is_written(
    signer: ClaimSigner,
    inspector: Inspector,
    jpeg: Path,
    human: Declaration,
    opened: Callable[[bytes], dict[str, Any]],
    tmp_path: Path,
) -> None:
    made = ManifestWriter(signer, inspector).sign(from_path(jpeg, Limits()), human, tmp_path, "out")
    assert "cawg.identity" not in opened(made.store_path.read_bytes())


def test_an_identity_whose_key_the_sdk_cannot_read_is_refused(
    identity: X509Identity,
    signer: ClaimSigner,
    inspector: Inspector,
    jpeg: Path,
    human: Declaration,
    tmp_path: Path,
) -> None:
    named = replace(signer, identity=replace(identity, private_key_pem=b"no key"))
    with pytest.raises(KeyMaterialInvalid):
        ManifestWriter(named, inspector).sign(from_path(jpeg, Limits()), human, tmp_path, "out")
    assert list(tmp_path.iterdir()) == []
