"""A log's checkpoint: the body of C2SP tlog-checkpoint, carried in a signed note.

<origin>\n
<size, decimal>\n
<base64 of the 32-byte root>\n
[<extension line>\n …]
"""

import base64
import re
from dataclasses import dataclass

from attest.errors import ProofInvalid
from attest.log.keys import LogKey
from attest.log.note import Note, VerifierKey, decode_base64

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's `origin`, `size` in leaves, `root` of 32 bytes; `str()` is the note text."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        encoded = base64.b64encode(self.root).decode("ascii")
        lines = (self.origin, str(self.size), encoded, *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text. Raises ProofInvalid (`checkpoint_malformed`)."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] != "" or "" in lines[:-1]:
            raise ProofInvalid("A checkpoint has at least three full lines.", code="checkpoint_malformed")
        origin, size, encoded, *extensions = lines[:-1]
        try:
            root = decode_base64(encoded)
        except ValueError as error:
            raise ProofInvalid("The checkpoint's root is no base64.", code="checkpoint_malformed") from error
        if not _DECIMAL.fullmatch(size) or len(root) != 32:
            raise ProofInvalid("The checkpoint's size or root is malformed.", code="checkpoint_malformed")
        return cls(origin, int(size), root, tuple(extensions))

    def signed(self, key: LogKey) -> str:
        """The note of this checkpoint under the log's key. Raises ValueError on another log's key."""
        if key.vkey.name != self.origin:
            raise ValueError("the log's key is named after its origin")
        return str(key.sign(str(self)))


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Verify a checkpoint's note by the log's key and return it.

    Raises ProofInvalid: `note_malformed`, `checkpoint_malformed`, `checkpoint_signature_invalid`, or
    `log_key_mismatch` where the checkpoint belongs to a log of another name than the key's.
    """
    parsed = Note.parse(note)
    checkpoint = Checkpoint.parse(parsed.text)
    if checkpoint.origin != key.name:
        raise ProofInvalid("The checkpoint is of another log than the key.", code="log_key_mismatch")
    parsed.verified_by([key])
    return checkpoint
