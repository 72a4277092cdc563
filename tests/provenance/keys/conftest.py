"""Certificates for any key, good or bad, and a token for each test."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import softhsm
from tests.pki import CLAIM_USAGES, Authority, name, pem
from tests.softhsm import Token

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def usage(*, signing: bool = True, issuing: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(signing, False, False, False, False, issuing, issuing, False, False)


def certify(
    authority: Authority,
    public: Any,
    *,
    begins: datetime.datetime = NOW - DAY,
    ends: datetime.datetime = NOW + 365 * DAY,
    purposes: tuple[x509.ObjectIdentifier, ...] | None = CLAIM_USAGES,
    key_usage: x509.KeyUsage | None = None,
    critical: bool = True,
    key_id: bool = True,
    is_authority: bool = False,
    issuer_key: Any = None,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A chain (PEM: leaf, intermediate) for a key made elsewhere, in the profile unless told otherwise."""
    key = issuer_key or authority.intermediate_key
    draft = (
        x509.CertificateBuilder()
        .subject_name(name("Press", "Claim signer"))
        .issuer_name(authority.intermediate.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(key_usage or usage(), critical=critical)
    )
    if purposes is not None:
        draft = draft.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if key_id:
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        draft = draft.add_extension(known, critical=False)
    return pem(draft.sign(key, digest or hashes.SHA256())) + pem(authority.intermediate)


def pkcs8(key: Any, passphrase: bytes | None = None) -> bytes:
    protection = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


@pytest.fixture(scope="session")
def press() -> Authority:
    return Authority.create("Press")


@pytest.fixture
def store(tmp_path: Path, press: Authority) -> Callable[..., Path]:
    """`store(NAME, **wishes) -> folder` with a chain and its key, as `file:` wants it."""

    def make(name: str, key: Any = None, **wishes: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        key = key or ec.generate_private_key(ec.SECP256R1())
        (folder / "chain.pem").write_bytes(certify(press, key.public_key(), **wishes))
        (folder / "signer.key").write_bytes(pkcs8(key))
        (folder / "signer.key").chmod(0o600)
        return folder

    return make


@pytest.fixture(scope="session")
def _token_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # SoftHSM reads its configuration once a process, so all tests of a process share one tokens' folder.
    folder = tmp_path_factory.mktemp("softhsm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(softhsm.home(folder)))
        yield folder


@pytest.fixture
def token(_token_home: Path, tmp_path: Path) -> Iterator[Token]:
    """A fresh token named `assay`, and the file that holds its PIN."""
    made = Token.create(_token_home, tmp_path / "pin")
    yield made
    made.destroy()
