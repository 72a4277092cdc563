"""Settings → the signing keys. For the wiring, and for the checks before a start: no SDK but that check's.

A token or a cloud's service is not contacted here; `Keyring.probe` does that.
"""

import logging
from dataclasses import replace
from pathlib import Path

from provenance.errors import KeyMaterialInvalid
from provenance.keys import devpki
from provenance.keys.keyring import Keyring
from provenance.keys.store import load_file_signer, load_identity, load_signer
from service.settings.env import Config

log = logging.getLogger(__name__)
DEVELOPMENT_FOLDER = "pki"


def keyring(config: Config, data_dir: Path, *, make: bool = True) -> Keyring:
    """The keys of SIGNER_URL, or the development PKI of the data folder: with `make`, made or renewed where
    that is due.

    Raises KeyMaterialInvalid for a key or certificate that cannot be used; one whose time is over, or has not
    come, stands in the ring, and `Keyring.current` says so where no other is valid.
    """
    secret = passphrase(config)
    identity = load_identity(config.identity_url, secret) if config.identity_url else None
    if config.signer_urls:
        pin_file = Path(config.signer_pin_file) if config.signer_pin_file else None
        return Keyring(
            [
                load_signer(
                    url,
                    passphrase=secret,
                    pin_file=pin_file,
                    tsa_urls=config.tsa_urls,
                    identity=identity,
                )
                for url in config.signer_urls
            ]
        )
    folder = data_dir / DEVELOPMENT_FOLDER
    if make:
        devpki.create(folder)
        _renew(folder)
    signer = load_file_signer(folder, tsa_urls=config.tsa_urls)
    return Keyring([replace(signer, identity=identity)])


def _renew(folder: Path) -> None:
    try:
        if devpki.renew(folder):
            log.info("the development certificate was renewed")
    except (OSError, TypeError, ValueError) as error:
        # What is left of it still signs.
        log.warning("the development certificate cannot be renewed: %s", error)


def passphrase(config: Config) -> bytes | None:
    """What opens encrypted key files: the content of SIGNER_PASSPHRASE_FILE. Raises KeyMaterialInvalid."""
    if not config.signer_passphrase_file:
        return None
    path = Path(config.signer_passphrase_file)
    try:
        return path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise KeyMaterialInvalid(
            f"The passphrase file {path.name} cannot be read: {error.strerror}."
        ) from error


def require_usable(config: Config, data_dir: Path, *, make: bool = True) -> Keyring:
    """What a start of any part of the service rests on: an SDK that is safe, and a key that may sign now.

    Raises ProvenanceError `sdk_missing`, `sdk_too_old`, `unknown_setting`, and KeyMaterialInvalid: among it
    `signer_development`, for a development certificate in production.
    """
    from provenance import sdk

    sdk.check_version()
    sdk.check_settings(sdk.base_settings((), verify_after_sign=False))
    ring = keyring(config, data_dir, make=make)
    ring.current()
    if config.is_production:
        for key in ring.keys:
            if key.profile.development:
                raise KeyMaterialInvalid(
                    f"{key.profile.subject} is a development certificate: SIGNER_URL must name one that an"
                    " authority issued.",
                    code="signer_development",
                )
    return ring
