"""Files that appear whole or not at all, and stay after a power cut."""

import contextlib
import os
import secrets
from pathlib import Path


def replace(target: Path, data: bytes) -> None:
    """Put `data` at `target`, whatever was there: temporary file, fsync, rename, fsync of the folder.

    Raises OSError, and then the former file is untouched.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
