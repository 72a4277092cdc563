"""The signing keys as the command line shows, tries and requests certificates for them."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from rich.table import Table

from provenance.errors import KeyMaterialInvalid
from provenance.keys import token_address
from provenance.keys.csr import Applicant, request
from provenance.keys.keyring import USABLE, Keyring, RingKey
from provenance.keys.signer import PrivateKey, PublicKey, raw_signature
from provenance.keys.store import load_signer
from service.cli.safe import safe
from service.cli.verb import usage
from service.settings.env import Config
from service.signing_keys import DEVELOPMENT_FOLDER, keyring, passphrase

KEY_FILE, REQUEST_FILE, PASSPHRASE_FILE = "signer.key", "request.csr", "passphrase"
_KINDS: dict[str, Callable[[], PrivateKey]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa3072": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
}
KINDS = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class Requested:
    """The files that `csr` wrote; `key` is None for a key in a token, `passphrase` where one was given."""

    request: Path
    key: Path | None
    passphrase: Path | None


def configured(config: Config) -> list[dict[str, Any]]:
    """Each key of SIGNER_URL, or the development one, as JSON-ready values. Raises CommandError.

    `state` is `signing` for the one that signs now, `waiting` for another valid one, `refused` with its
    `error` for one that must not be used, else its validity.
    """
    folder = config.data_dir / DEVELOPMENT_FOLDER
    if not config.signer_urls and not (folder / "chain.pem").is_file():
        raise usage("There is no signing key yet: `./assay up` makes one for development.")
    now = datetime.now(UTC)
    loaded = [_loaded(config, url) for url in config.signer_urls or ("",)]
    usable = [key for key in loaded if isinstance(key, RingKey) and key.profile.validity(now) in USABLE]
    signing = max(usable, key=lambda key: key.profile.not_before, default=None)
    return [
        {"address": url, "state": "refused", "error": {"code": key.code, "sentence": str(key)}}
        if isinstance(key, KeyMaterialInvalid)
        else described(key, url, now, signs=key is signing)
        for url, key in zip(config.signer_urls or (f"file:{folder}",), loaded, strict=True)
    ]


def _loaded(config: Config, url: str) -> RingKey | KeyMaterialInvalid:
    try:
        alone = replace(config, signer_urls=(url,) if url else ())
        return keyring(alone, config.data_dir, make=False).keys[0]
    except KeyMaterialInvalid as error:
        return error


def described(key: RingKey, address: str, now: datetime, *, signs: bool) -> dict[str, Any]:
    """One key as JSON-ready values."""
    profile = key.profile
    validity = profile.validity(now)
    state = "waiting" if validity in USABLE else str(validity)
    return {
        "address": address,
        "subject": profile.subject,
        "organisation": profile.organisation,
        "issuer": profile.issuer,
        "serial": profile.serial,
        "algorithm": str(profile.algorithm),
        "not_before": profile.not_before.isoformat(),
        "not_after": profile.not_after.isoformat(),
        "days_left": (profile.not_after - now).days,
        "validity": str(validity),
        "state": "signing" if signs else state,
        "development": profile.development,
    }


def table(found: list[dict[str, Any]]) -> Table:
    """The same for people."""
    shown = Table("state", "subject", "issuer", "algorithm", "valid", "days left", "where")
    shown.columns[-1].overflow = "fold"
    for each in found:
        if "error" in each:
            error = each["error"]
            shown.add_row(
                "refused", f"{safe(error['sentence'])} ({error['code']})", *[""] * 4, safe(each["address"])
            )
            continue
        shown.add_row(
            each["state"] + (" (development)" if each["development"] else ""),
            safe(each["subject"]),
            safe(each["issuer"]),
            each["algorithm"],
            f"{each['not_before'][:10]} to {each['not_after'][:10]}",
            str(each["days_left"]),
            safe(each["address"]),
        )
    return shown


def check(config: Config, address: str) -> dict[str, Any]:
    """Load the key at an address, hold it against the profile, and have it sign.

    Raises KeyMaterialInvalid and SignerUnavailable with what is wrong.
    """
    pin_file = Path(config.signer_pin_file) if config.signer_pin_file else None
    ring = Keyring([load_signer(address, passphrase=passphrase(config), pin_file=pin_file)])
    now = datetime.now(UTC)
    ring.probe(now)
    return described(ring.keys[0], address, now, signs=False) | {"state": "answers"}


def certificate_request(
    config: Config, applicant: Applicant, folder: Path, *, url: str | None, kind: str
) -> Requested:
    """Write `request.csr` into the folder: for the key in the token at `url`, else for a new one, encrypted.

    The new key's passphrase is that of SIGNER_PASSPHRASE_FILE; without one it is made and written beside the
    key. Nothing is overwritten. Raises CommandError, KeyMaterialInvalid, SignerUnavailable.
    """
    target = folder / REQUEST_FILE
    if target.exists() or (url is None and (folder / KEY_FILE).exists()):
        raise usage(f"There is a key or a request in {safe(folder)} already; nothing is overwritten.")
    if url is not None:
        public, sign = _in_token(config, url)
        content = request(applicant, public, sign)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(target, content, 0o644)
        return Requested(target, None, None)
    key = _KINDS[kind]()
    content = request(applicant, key.public_key(), lambda data: raw_signature(key, data))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret, made = passphrase(config), None
    if not secret:
        secret, made = secrets.token_urlsafe(24).encode(), folder / PASSPHRASE_FILE
        _write(made, secret + b"\n", 0o600)
    _write(folder / KEY_FILE, _encrypted(key, secret), 0o600)
    _write(target, content, 0o644)
    return Requested(target, folder / KEY_FILE, made)


def _in_token(config: Config, url: str) -> tuple[PublicKey, Callable[[bytes], bytes]]:
    if not url.startswith("pkcs11:"):
        raise usage("--url names a key in a token: pkcs11:token=…;object=….")
    from provenance.keys.token import TokenKey

    pin_file = Path(config.signer_pin_file) if config.signer_pin_file else None
    key = TokenKey(token_address.parse(url), None, pin_file)
    return key.public_key(), key.sign


def _encrypted(key: PrivateKey, secret: bytes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(secret),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a new file that is born with its mode. Raises CommandError where there is one of that name."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise usage(f"{safe(path)} is there already; nothing is overwritten.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
