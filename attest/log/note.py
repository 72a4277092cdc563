"""Signed notes (C2SP signed-note) with Ed25519 keys.

text, UTF-8, ends with a newline
                                               (an empty line)
— <key name> base64(key hash[4] || signature)  (one line a signature, U+2014 and a space first)

verifier key: <key name>+<8 hex digits of the key hash>+base64(0x01 || public key[32])
key hash:     SHA-256(<key name> || 0x0A || 0x01 || public key)[:4]
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from attest.errors import ProofInvalid

ED25519 = 0x01
MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 100
_SEPARATOR = "\n\n"
_PREFIX = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def decode_base64(text: str) -> bytes:
    """Decode standard padded base64 in its one canonical spelling. Raises ValueError otherwise."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("this is not base64") from error
    if base64.b64encode(raw).decode("ascii") != text:
        raise ValueError("this base64 has a second spelling")
    return raw


def check_key_name(name: str) -> str:
    """Return the name; raises ValueError where it is empty or holds a space, a plus sign or a control."""
    if not name or len(name) > 200 or "+" in name or not name.isprintable():
        raise ValueError("a key name is printable, has no plus sign and at most 200 characters")
    if any(character.isspace() for character in name):
        raise ValueError("a key name has no spaces")
    return name


def key_hash(name: str, public_key: bytes, algorithm: int = ED25519) -> bytes:
    """The four bytes that, with the name, say which key signed, and how (`algorithm`, one byte)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 public key (32 bytes) under a name; `str()` is the verifier key line."""

    algorithm: ClassVar[int] = ED25519
    malformed: ClassVar[str] = "log_key_malformed"
    invalid: ClassVar[str] = "checkpoint_signature_invalid"

    name: str
    public_key: bytes

    @property
    def hash(self) -> bytes:
        """Its four-byte key hash."""
        return key_hash(self.name, self.public_key, self.algorithm)

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode("ascii")
        return f"{self.name}+{self.hash.hex()}+{encoded}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a verifier key line. Raises ProofInvalid (`log_key_malformed`)."""
        try:
            return cls._parse(line)
        except ValueError as error:
            raise ProofInvalid(f"The verifier key is malformed: {error}.", code=cls.malformed) from error

    @classmethod
    def _parse(cls, line: str) -> Self:
        name, hex_hash, encoded = line.split("+", 2)
        raw = decode_base64(encoded)
        if len(raw) != 33 or raw[0] != cls.algorithm:
            raise ValueError(f"only Ed25519 keys of type {cls.algorithm:#04x} are known here")
        key = cls(check_key_name(name), raw[1:])
        Ed25519PublicKey.from_public_bytes(key.public_key)
        if key.hash.hex() != hex_hash:
            raise ValueError("its hash does not fit its key")
        return key

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over the note text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    def line_of(self, note: "Note") -> "Signature | None":
        """This key's line in a note, verified; None where it has none.

        Raises ProofInvalid (`checkpoint_signature_invalid`, a witness's key `witness_signature_invalid`)
        where its line does not verify.
        """
        for signature in note.signatures:
            if (signature.name, signature.key_hash) == (self.name, self.hash):
                if not self.verify(note.text, signature.value):
                    raise ProofInvalid(f"The signature of {self.name} does not fit.", code=self.invalid)
                return signature
        return None


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name, its four-byte hash, and the signature's bytes."""

    name: str
    key_hash: bytes
    value: bytes

    def __str__(self) -> str:
        encoded = base64.b64encode(self.key_hash + self.value).decode("ascii")
        return f"{_PREFIX}{self.name} {encoded}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending with a newline) and its signatures; `str()` is the note, exactly as it was parsed."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Read a note strictly, verifying nothing. Raises ProofInvalid (`note_malformed`)."""
        try:
            return cls._parse(note)
        except ValueError as error:
            raise ProofInvalid(f"The signed note is malformed: {error}.", code="note_malformed") from error

    @classmethod
    def _parse(cls, note: str) -> "Note":
        # A lone surrogate, which JSON can carry, has no UTF-8 form: encode() raises a ValueError.
        if len(note.encode()) > MAX_NOTE_BYTES or _CONTROL.search(note):
            raise ValueError("it is too long or holds a control character")
        text, separator, block = note.rpartition(_SEPARATOR)
        if not separator or not block.endswith("\n"):
            raise ValueError("it has no signature block")
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise ValueError("it has too many signatures")
        signatures = tuple(parse_signature(line) for line in lines)
        if len({(each.name, each.key_hash) for each in signatures}) != len(signatures):
            raise ValueError("one key signs it twice")
        return cls(text + "\n", signatures)

    def verified_by(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Which of `keys` signed this note; signatures of other keys are ignored, as the specification says.

        Raises ProofInvalid (`checkpoint_signature_invalid`) where one of them is named and did not sign, or
        where none of them signed at all.
        """
        known = {(key.name, key.hash): key for key in keys}
        signers = []
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_hash))
            if key is None:
                continue
            if not key.verify(self.text, signature.value):
                raise ProofInvalid(f"The signature of {key.name} does not fit the text.", code=key.invalid)
            signers.append(key)
        if not signers:
            raise ProofInvalid("No known key signed this note.", code="checkpoint_signature_invalid")
        return tuple(signers)


def parse_signature(line: str) -> Signature:
    """Read one signature line, without its newline. Raises ValueError."""
    if not line.startswith(_PREFIX):
        raise ValueError("a signature line does not begin with a dash")
    name, separator, encoded = line.removeprefix(_PREFIX).partition(" ")
    raw = decode_base64(encoded)
    if not separator or len(raw) < 5:
        raise ValueError("a signature line is too short")
    return Signature(check_key_name(name), raw[:4], raw[4:])
