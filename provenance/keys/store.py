"""Key stores by address: `file:` today; `pkcs11:` and `kms:` fit the same ClaimSigner."""

import stat
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from provenance.errors import KeyMaterialInvalid
from provenance.keys.devpki import CHAIN_FILE, KEY_FILE
from provenance.keys.signer import (
    ClaimSigner,
    PrivateKey,
    algorithm_of,
    leaf,
    pkcs8,
    raw_signature,
    verifies,
)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PROBE = b"does this key belong to this certificate?"


def load_file_signer(
    location: Path | str, passphrase: bytes | None = None, tsa_urls: tuple[str, ...] = ()
) -> ClaimSigner:
    """The signer of a folder holding `chain.pem` and `signer.key`, as a path or as a `file:` address.

    `file:/etc/assay/keys?chain=claim.pem&key=claim.key` names other files in the folder; where the address is
    that of a file, it holds the chain and the key both. `passphrase` opens an encrypted key.

    Raises KeyMaterialInvalid for missing or unreadable files, a key that others may read, a wrong
    passphrase, a key that does not belong to the leaf, and a kind of key that C2PA does not allow.
    """
    chain_path, key_path = _paths(location)
    chain_pem = _read(chain_path, "certificate chain")
    _refuse_readable_by_others(key_path)
    key = _load(_read(key_path, "private key"), passphrase)
    public = leaf(chain_pem).public_key()
    algorithm = algorithm_of(public)
    if not verifies(public, raw_signature(key, _PROBE), _PROBE):
        raise KeyMaterialInvalid("The private key does not belong to the certificate.")
    return ClaimSigner(chain_pem, algorithm, private_key_pem=pkcs8(key), tsa_urls=tsa_urls)


def _paths(location: Path | str) -> tuple[Path, Path]:
    if isinstance(location, Path):
        location = location.absolute().as_uri()
    address = urlsplit(location)
    if address.scheme not in ("", "file") or address.netloc:
        raise KeyMaterialInvalid("A key file's address is file:/path/to/folder.")
    folder = Path(unquote(address.path))
    if folder.is_file():
        return folder, folder
    query = parse_qs(address.query)
    if set(query) - {"chain", "key"}:
        raise KeyMaterialInvalid("A key file's address knows only chain and key.")
    return folder / query.get("chain", [CHAIN_FILE])[0], folder / query.get("key", [KEY_FILE])[0]


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyMaterialInvalid(f"The {what} {path.name} cannot be read: {error.strerror}.") from error


def _refuse_readable_by_others(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyMaterialInvalid(f"The private key {path.name} is missing.") from error
    if mode & _OTHERS:
        raise KeyMaterialInvalid(f"The private key {path.name} is open to others; make it 0600.")


def _load(pem: bytes, passphrase: bytes | None) -> PrivateKey:
    encrypted = b"ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise KeyMaterialInvalid("The private key is encrypted and no passphrase is set.")
    try:
        key = serialization.load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = "the passphrase is wrong" if encrypted else "it is not PEM"
        raise KeyMaterialInvalid(f"The private key cannot be read: {why}.") from error
    algorithm_of(key.public_key())
    if not isinstance(key, PrivateKey):
        raise KeyMaterialInvalid("The private key is of a kind that cannot sign claims.")
    return key
