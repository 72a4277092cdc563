"""Witness cosignatures, C2SP tlog-cosignature, the Ed25519 type (cosignature/v1).

    key hash:  SHA-256(<name> || 0x0A || 0x04 || public key)[:4]
    signature: timestamp, a big-endian uint64 of POSIX seconds || Ed25519 signature[64] over

        cosignature/v1\n
        time <timestamp>\n
        <the checkpoint note's text>

It says that, at that time, this was the largest tree of this log that the witness had seen, and that it
extends every one that it had seen before.
"""

from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from attest.log.keys import KeyFile
from attest.log.note import Signature, VerifierKey

COSIGNATURE = 0x04
_LENGTH = 8 + 64


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


class WitnessKey(VerifierKey):
    """A witness's public key under its name; a note's lines are checked by it as by a log's key."""

    __slots__ = ()
    algorithm: ClassVar[int] = COSIGNATURE
    malformed: ClassVar[str] = "witness_key_malformed"
    invalid: ClassVar[str] = "witness_signature_invalid"

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (72 bytes) is this witness's cosignature over the note text."""
        if len(signature) != _LENGTH or signature[0] & 0x80:
            return False
        message = _message(text, int.from_bytes(signature[:8], "big"))
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature[8:], message)
        except InvalidSignature:
            return False
        return True


def cosigned_at(signature: Signature) -> int:
    """When a cosignature says it was made, POSIX seconds; of one that was verified."""
    return int.from_bytes(signature.value[:8], "big")


class CosignerKey(KeyFile):
    """The key that a witness cosigns with."""

    __slots__ = ()
    kind: ClassVar[type[VerifierKey]] = WitnessKey

    def cosign(self, text: str, time: int) -> Signature:
        """Cosign a checkpoint note's text at `time`, POSIX seconds. Raises ValueError on a bad time."""
        if not 0 <= time < 2**63:
            raise ValueError("a cosignature's time is not negative and has 63 bits")
        value = time.to_bytes(8, "big") + self._private.sign(_message(text, time))
        return Signature(self.vkey.name, self.vkey.hash, value)
