"""Files that hold a secret: read only where nobody else may read them."""

import stat
from pathlib import Path

from provenance.errors import KeyMaterialInvalid

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def refuse_open_to_others(path: Path, what: str) -> None:
    """Raises KeyMaterialInvalid where the file is missing, or group or others have any right to it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyMaterialInvalid(f"The {what} {path.name} is missing.") from error
    if mode & _OTHERS:
        raise KeyMaterialInvalid(f"The {what} {path.name} is open to others; make it 0600.")


def read_pin(path: Path | None) -> str:
    """The PIN in a file, its line end left out; read at each log-in, so that a corrected one is found.

    Raises KeyMaterialInvalid `signer_pin_missing` where no file is named, or it is empty, missing or open to
    others.
    """
    if path is None:
        raise KeyMaterialInvalid(
            "The token needs a PIN: name the file that holds it in SIGNER_PIN_FILE.",
            code="signer_pin_missing",
        )
    try:
        refuse_open_to_others(path, "PIN file")
        pin = path.read_text().rstrip("\r\n")
    except KeyMaterialInvalid as error:
        raise KeyMaterialInvalid(str(error), code="signer_pin_missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyMaterialInvalid(
            f"The PIN file {path.name} cannot be read.", code="signer_pin_missing"
        ) from error
    if not pin:
        raise KeyMaterialInvalid(f"The PIN file {path.name} is empty.", code="signer_pin_missing")
    return pin
