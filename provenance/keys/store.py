"""Key stores by address: `file:` for a folder, `pkcs11:` for a token, `callback:` for anything else.

All give the same ClaimSigner, its chain held against the certificate profile.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from provenance.errors import KeyMaterialInvalid
from provenance.keys import callback, profile, token_address
from provenance.keys.devpki import CHAIN_FILE, KEY_FILE
from provenance.keys.private_files import read_pin, refuse_open_to_others
from provenance.keys.signer import (
    PROBE,
    ClaimSigner,
    PrivateKey,
    PublicKey,
    X509Identity,
    algorithm_of,
    leaf,
    pkcs8,
    raw_signature,
    verifies,
)

SCHEMES = ("file", "pkcs11", "callback")


def load_signer(
    address: str,
    *,
    passphrase: bytes | None = None,
    pin_file: Path | None = None,
    tsa_urls: tuple[str, ...] = (),
    identity: X509Identity | None = None,
) -> ClaimSigner:
    """The signer at an address of one of SCHEMES. A token or service is not contacted: only `sign` does that.

    `passphrase` opens an encrypted `file:` key, `pin_file` holds the PIN of a token whose address names none.
    Raises KeyMaterialInvalid: `signer_profile_…` (see `profile.examine`), `signer_key_mismatch`,
    `signer_address_invalid`, `signer_chain_missing`, `signer_module_missing`, `signer_pin_missing`,
    `signer_callback_missing`, and `key_material_invalid` for what else is wrong with a key file.
    """
    scheme = address.partition(":")[0]
    if scheme == "pkcs11":
        signer = _load_token_signer(address, pin_file)
    elif scheme == "callback":
        function, chain = callback.parse(address)
        chain_pem, public = _certified(chain)
        signer = ClaimSigner(
            chain_pem, algorithm_of(public), sign=callback.CallbackKey(function, public).sign
        )
    else:
        signer = load_file_signer(address, passphrase)
    return replace(signer, tsa_urls=tsa_urls, identity=identity)


def _load_token_signer(address: str, pin_file: Path | None) -> ClaimSigner:
    # The library takes a tenth of a second to load, and few have a token.
    from provenance.keys.token import TokenKey

    parsed = token_address.parse(address)
    chain_pem, public = _certified(parsed.chain)
    key = TokenKey(parsed, public, pin_file)
    read_pin(key.pin_file)
    return ClaimSigner(chain_pem, algorithm_of(public), sign=key.sign)


def load_identity(address: str, passphrase: bytes | None = None) -> X509Identity:
    """The CAWG identity of a `file:` address. Raises KeyMaterialInvalid as `load_file_signer` does."""
    signer = load_file_signer(address, passphrase)
    if signer.private_key_pem is None:
        raise KeyMaterialInvalid("An identity's key is a file.")
    return X509Identity(signer.chain_pem, signer.private_key_pem, signer.algorithm)


def _certified(chain: str) -> tuple[bytes, PublicKey]:
    """The chain at that path and its leaf's key."""
    if not chain:
        raise KeyMaterialInvalid(
            "The address of a key that is not a file names its certificate chain with chain=/path/chain.pem.",
            code="signer_chain_missing",
        )
    chain_pem = _read(Path(chain), "certificate chain")
    profile.examine(chain_pem)
    public = leaf(chain_pem).public_key()
    algorithm_of(public)
    return chain_pem, public  # type: ignore[return-value]  # algorithm_of refuses every other kind


def load_file_signer(
    location: Path | str, passphrase: bytes | None = None, tsa_urls: tuple[str, ...] = ()
) -> ClaimSigner:
    """The signer of a folder holding `chain.pem` and `signer.key`, as a path or as a `file:` address.

    `file:/etc/assay/keys?chain=claim.pem&key=claim.key` names other files in the folder; where the address is
    that of a file, it holds the chain and the key both. `passphrase` opens an encrypted key.

    Raises KeyMaterialInvalid for missing or unreadable files, a key that others may read, a wrong
    passphrase, a key that does not belong to the leaf (`signer_key_mismatch`), and a chain outside of the
    profile (`signer_profile_…`).
    """
    chain_path, key_path = _paths(location)
    chain_pem = _read(chain_path, "certificate chain")
    refuse_open_to_others(key_path, "private key")
    key = _load(_read(key_path, "private key"), passphrase)
    found = profile.examine(chain_pem)
    if not verifies(leaf(chain_pem).public_key(), raw_signature(key, PROBE), PROBE):
        raise KeyMaterialInvalid(
            "The private key does not belong to the certificate.", code="signer_key_mismatch"
        )
    return ClaimSigner(chain_pem, found.algorithm, private_key_pem=pkcs8(key), tsa_urls=tsa_urls)


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
