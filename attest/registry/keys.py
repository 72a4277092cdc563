"""The anchor key: the secp256k1 key that pays for and sends checkpoints; it cannot change past ones."""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from attest.errors import AttestError

# eth_account imports py_ecc, which lifts the whole process's recursion limit to 100,000. Deeply nested JSON
# from a stranger would then overflow the C stack and kill the process, not raise RecursionError: undo it.
_recursion_limit = sys.getrecursionlimit()
from eth_account import Account  # noqa: E402
from eth_account.messages import encode_typed_data  # noqa: E402

sys.setrecursionlimit(_recursion_limit)


class AnchorKeyUnusable(AttestError):
    """The key file is missing, readable by others, or holds no key."""

    code = "anchor_key_unusable"


class AnchorKey:
    """A private key that shows only its address. `address` is checksummed hex."""

    __slots__ = ("_account", "address")

    def __init__(self, secret: bytes) -> None:
        self._account = Account.from_key(secret)
        self.address: str = str(self._account.address)

    def __repr__(self) -> str:
        return f"AnchorKey({self.address})"

    def sign_transaction(self, fields: dict[str, Any]) -> tuple[bytes, str]:
        """The signed transaction's bytes and its hash (0x hex)."""
        signed = self._account.sign_transaction(fields)
        return bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex()

    def sign_typed(
        self, domain: dict[str, Any], types: dict[str, list[dict[str, str]]], message: dict[str, Any]
    ) -> tuple[int, bytes, bytes]:
        """An EIP-712 signature as (v, r, s)."""
        signed = self._account.sign_message(encode_typed_data(domain, types, message))
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def create(path: Path) -> AnchorKey:
    """Make a key and write it to `path` (64 hex digits, mode 0600), whole or not at all.

    Raises FileExistsError rather than replace a key.
    """
    secret = secrets.token_bytes(32)
    key = AnchorKey(secret)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, fails where a key already lies.
        os.link(temporary, path)
    finally:
        temporary.unlink()
    return key


def load(path: Path) -> AnchorKey:
    """The key in `path`. Raises AnchorKeyUnusable."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorKeyUnusable(f"The anchor key {path} cannot be read.") from error
    if mode & 0o077:
        raise AnchorKeyUnusable(f"Others can read the anchor key {path}; set its mode to 0600.")
    try:
        secret = bytes.fromhex(text.removeprefix("0x"))
        if len(secret) != 32:
            raise AnchorKeyUnusable(f"The file {path} does not hold 32 bytes in hex.")
        return AnchorKey(secret)
    except ValueError:
        # No cause attached: it might quote the key.
        raise AnchorKeyUnusable(f"The file {path} does not hold a secp256k1 key in hex.") from None


def load_or_create(path: Path) -> AnchorKey:
    """The key in `path`, made first where there is none."""
    try:
        return create(path) if not path.exists() else load(path)
    except FileExistsError:
        return load(path)
