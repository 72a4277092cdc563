"""Named Ed25519 signing keys and their file: the log's own, and what a witness shares with it.

The file holds one line, the form that Go's sumdb/note uses, and has mode 0600; a wider mode is refused.

    PRIVATE+KEY+<name>+<8 hex digits of the key hash>+base64(type || seed[32])
"""

import base64
import os
import secrets
import stat
from pathlib import Path
from typing import ClassVar, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attest.errors import AttestError
from attest.log.note import Note, Signature, VerifierKey, check_key_name, decode_base64

_MARK = "PRIVATE+KEY+"


class LogKeyUnusable(AttestError):
    """The log's key file is missing, malformed or readable by others."""

    code = "log_key_unusable"


class KeyFile:
    """A named Ed25519 seed. It leaves the object only for its file; `repr()` shows the public side."""

    __slots__ = ("_private", "_seed", "vkey")
    kind: ClassVar[type[VerifierKey]] = VerifierKey

    def __init__(self, name: str, seed: bytes) -> None:
        """Make the key from a 32-byte seed. Raises ValueError on a bad name or seed."""
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.vkey = self.kind(check_key_name(name), self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vkey})"

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key from the system's randomness."""
        return cls(name, secrets.token_bytes(32))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file. Raises LogKeyUnusable."""
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                line = file.read(1024).decode("ascii").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise LogKeyUnusable(f"The key at {path} cannot be read.") from error
        if mode & 0o077:
            raise LogKeyUnusable(f"The key at {path} can be read by others; its mode must be 0600.")
        try:
            return cls._parse(line)
        except ValueError:
            # `from None`: the cause could quote the file's text, and that is a secret.
            raise LogKeyUnusable(f"The file at {path} is no {cls.__name__}.") from None

    @classmethod
    def _parse(cls, line: str) -> Self:
        if not line.startswith(_MARK):
            raise ValueError("no mark")
        name, hex_hash, encoded = line.removeprefix(_MARK).split("+", 2)
        raw = decode_base64(encoded)
        if len(raw) != 33 or raw[0] != cls.kind.algorithm:
            raise ValueError("another type of key")
        key = cls(name, raw[1:])
        if key.vkey.hash.hex() != hex_hash:
            raise ValueError("the hash does not fit")
        return key

    @classmethod
    def load_or_create(cls, path: Path, name: str) -> Self:
        """Read the key at `path`, making it first where there is none; of two makers at once, one wins.

        Raises LogKeyUnusable on a bad file or where the key found there has another name.
        """
        if not path.exists():
            cls.generate(name)._store(path)
        key = cls.load(path)
        if key.vkey.name != name:
            raise LogKeyUnusable(f"The key at {path} is named {key.vkey.name}, not {name}.")
        return key

    def _store(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        encoded = base64.b64encode(bytes([self.kind.algorithm]) + self._seed).decode("ascii")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"{_MARK}{self.vkey.name}+{self.vkey.hash.hex()}+{encoded}\n")
                file.flush()
                os.fsync(file.fileno())
            # link, unlike rename, never replaces a key that another process made meanwhile.
            path.hardlink_to(temporary)
        except FileExistsError:
            return
        finally:
            temporary.unlink()


class LogKey(KeyFile):
    """The key that signs a log's checkpoints; its name is the log's origin."""

    __slots__ = ()

    def sign(self, text: str) -> Note:
        """Sign a note text (UTF-8, ending with a newline); deterministic, as Ed25519 is."""
        if not text.endswith("\n"):
            raise ValueError("a note's text ends with a newline")
        return Note(text, (Signature(self.vkey.name, self.vkey.hash, self._private.sign(text.encode())),))
