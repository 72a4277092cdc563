"""What a public installation must not be started with."""

from pathlib import Path
from urllib.parse import urlsplit

from service.settings.env import Config
from service.supervisor.refusal import Refusal


def require_own_keys(config: Config) -> None:
    """Raises Refusal with one sentence when a production start would rest on development stand-ins."""
    if not config.is_production:
        return
    if not config.chain_rpc_url:
        raise Refusal(
            "CHAIN_RPC_URL must name a chain in production: the embedded one proves nothing to anybody else."
        )
    for path in _chain_files(config.signer_url):
        _refuse_development(path)


def _chain_files(signer_url: str) -> list[Path]:
    """The certificate files that SIGNER_URL (file:FOLDER or file:FILE) points at."""
    path = Path(urlsplit(signer_url).path)
    return sorted(path.glob("*.pem")) if path.is_dir() else [path]


def _refuse_development(path: Path) -> None:
    from provenance.errors import KeyMaterialInvalid
    from provenance.keys import devpki

    try:
        if devpki.is_development(path.read_bytes()):
            raise Refusal(
                f"{path} is a development certificate: SIGNER_URL must name one that an authority issued."
            )
    except OSError as error:
        raise Refusal(f"SIGNER_URL names {path}, which cannot be read: {error.strerror}.") from error
    except KeyMaterialInvalid:
        return  # a key file beside the chain; the signer itself says what is wrong with the rest
