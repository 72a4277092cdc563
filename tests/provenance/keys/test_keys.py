"""Key files are taken only when they are private, whole, and belong together."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from provenance.errors import KeyMaterialInvalid
from provenance.keys import devpki
from provenance.keys.signer import (
    ClaimSigner,
    PrivateKey,
    SigningAlgorithm,
    algorithm_of,
    raw_signature,
    verifies,
)
from provenance.keys.store import load_file_signer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    devpki.create(tmp_path / "pki")
    return tmp_path / "pki"


def test_the_chain_follows_the_claim_signing_profile(folder: Path) -> None:
    leaf, middle = x509.load_pem_x509_certificates((folder / devpki.CHAIN_FILE).read_bytes())
    root = x509.load_pem_x509_certificate((folder / devpki.ROOT_FILE).read_bytes())
    leaf.verify_directly_issued_by(middle)
    middle.verify_directly_issued_by(root)
    assert leaf.version is x509.Version.v3
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert devpki.CLAIM_SIGNING in purposes
    for extension in (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier):
        assert leaf.extensions.get_extension_for_class(extension)
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert lifetime.days <= 366


def test_keys_are_private_and_a_second_start_changes_nothing(folder: Path) -> None:
    for name in (devpki.KEY_FILE, devpki.ROOT_KEY_FILE, devpki.INTERMEDIATE_KEY_FILE):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    devpki.create(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_start_killed_half_way_is_taken_up_again(folder: Path) -> None:
    (folder / devpki.CHAIN_FILE).unlink()
    devpki.create(folder)
    assert load_file_signer(folder).algorithm is SigningAlgorithm.ES256


def test_a_development_chain_is_recognised_and_a_real_one_is_not(folder: Path, shared: Path) -> None:
    assert devpki.is_development((folder / devpki.CHAIN_FILE).read_bytes())
    official = shared / "vectors" / "c2pa-conformance" / "trust-list" / "C2PA-TRUST-LIST.pem"
    assert not devpki.is_development(official.read_bytes())
    with pytest.raises(KeyMaterialInvalid):
        devpki.is_development(b"no certificate")


def test_a_signer_is_loaded_by_path_and_by_address(folder: Path) -> None:
    for location in (folder, str(folder), f"file:{folder}", f"file://{folder}"):
        assert load_file_signer(location).chain_pem == (folder / devpki.CHAIN_FILE).read_bytes()


def test_chain_and_key_may_have_other_names_or_share_a_file(folder: Path) -> None:
    (folder / "claim.key").write_bytes((folder / devpki.KEY_FILE).read_bytes())
    (folder / "claim.key").chmod(0o600)
    assert load_file_signer(f"file:{folder}?key=claim.key").algorithm is SigningAlgorithm.ES256
    both = folder / "both.pem"
    both.write_bytes((folder / devpki.CHAIN_FILE).read_bytes() + (folder / devpki.KEY_FILE).read_bytes())
    both.chmod(0o600)
    assert load_file_signer(both).algorithm is SigningAlgorithm.ES256


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    (folder / devpki.KEY_FILE).chmod(mode)
    with pytest.raises(KeyMaterialInvalid, match="open to others") as caught:
        load_file_signer(folder)
    assert caught.value.code == "key_material_invalid"


def test_a_key_of_another_certificate_is_refused(folder: Path, tmp_path: Path) -> None:
    devpki.create(tmp_path / "other")
    (tmp_path / "other" / devpki.KEY_FILE).replace(folder / devpki.KEY_FILE)
    with pytest.raises(KeyMaterialInvalid, match="does not belong"):
        load_file_signer(folder)


def test_a_key_of_another_kind_than_the_certificate_is_refused(folder: Path) -> None:
    _save(folder / devpki.KEY_FILE, ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(KeyMaterialInvalid, match="does not belong"):
        load_file_signer(folder)


def test_an_encrypted_key_opens_with_its_passphrase_alone(folder: Path) -> None:
    path = folder / devpki.KEY_FILE
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"correct horse"),
        )
    )
    assert load_file_signer(folder, passphrase=b"correct horse").private_key_pem
    for wrong in (None, b"wrong"):
        with pytest.raises(KeyMaterialInvalid) as caught:
            load_file_signer(folder, passphrase=wrong)
        assert "horse" not in str(caught.value)


@pytest.mark.parametrize("name", [devpki.CHAIN_FILE, devpki.KEY_FILE])
def test_missing_or_garbled_files_are_refused_in_a_sentence(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"garbage")
    with pytest.raises(KeyMaterialInvalid):
        load_file_signer(folder)
    (folder / name).unlink()
    with pytest.raises(KeyMaterialInvalid):
        load_file_signer(folder)


@pytest.mark.parametrize("address", ["https://example.org/key", "file://host/key", "file:/tmp?pin=1"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(KeyMaterialInvalid):
        load_file_signer(address)


def test_the_key_shows_in_no_printout(folder: Path) -> None:
    signer = load_file_signer(folder)
    assert "PRIVATE" not in repr(signer)
    with pytest.raises(KeyMaterialInvalid):
        ClaimSigner(signer.chain_pem, signer.algorithm)


@pytest.mark.parametrize(
    ("key", "algorithm", "length"),
    [
        (ec.generate_private_key(ec.SECP256R1()), SigningAlgorithm.ES256, 64),
        (ec.generate_private_key(ec.SECP384R1()), SigningAlgorithm.ES384, 96),
        (ec.generate_private_key(ec.SECP521R1()), SigningAlgorithm.ES512, 132),
        (ed25519.Ed25519PrivateKey.generate(), SigningAlgorithm.ED25519, 64),
        (rsa.generate_private_key(65537, 2048), SigningAlgorithm.PS256, 256),
    ],
    ids=lambda value: str(value) if isinstance(value, SigningAlgorithm) else "",
)
def test_raw_signatures_have_their_length_and_verify(
    key: PrivateKey, algorithm: SigningAlgorithm, length: int
) -> None:
    signature = raw_signature(key, b"data")
    assert (algorithm_of(key.public_key()), len(signature)) == (algorithm, length)
    assert verifies(key.public_key(), signature, b"data")
    assert not verifies(key.public_key(), signature, b"other")


def test_kinds_and_sizes_that_c2pa_forbids_are_refused() -> None:
    for key in (
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP256K1()),
        dsa.generate_private_key(2048),
    ):
        with pytest.raises(KeyMaterialInvalid):
            algorithm_of(key.public_key())


def _save(path: Path, key: PrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
