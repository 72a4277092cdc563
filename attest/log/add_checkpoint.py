"""The body of a witness's `add-checkpoint` request, as C2SP tlog-witness lays it out.

old <size of the checkpoint that the witness cosigned last, or 0>\n
<a hash of the consistency proof, base64>\n   (none to 63)
\n
<the checkpoint, a signed note>
"""

import base64
import re
from dataclasses import dataclass

from attest.errors import ProofInvalid
from attest.log.merkle import HASH_SIZE
from attest.log.note import MAX_NOTE_BYTES, decode_base64

MAX_PROOF = 63
MAX_BODY = MAX_NOTE_BYTES + 64 * 46
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size to grow from, the consistency proof from there, the new checkpoint's note."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> bytes:
        """The request's body. Raises ValueError on more than 63 hashes."""
        if len(self.proof) > MAX_PROOF:
            raise ValueError("a consistency proof has at most 63 hashes")
        lines = [f"old {self.old_size}", *(base64.b64encode(each).decode() for each in self.proof), ""]
        return ("".join(f"{line}\n" for line in lines) + self.note).encode()

    @classmethod
    def parse(cls, body: bytes) -> "AddCheckpoint":
        """Read a body strictly, all but its note.

        Raises ProofInvalid (`witness_request_malformed`).
        """
        try:
            return cls._parse(body)
        except ValueError as error:
            raise ProofInvalid(
                f"The request is malformed: {error}.", code="witness_request_malformed"
            ) from error

    @classmethod
    def _parse(cls, body: bytes) -> "AddCheckpoint":
        if len(body) > MAX_BODY:
            raise ValueError("it is too long")
        head, separator, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        old = _OLD.fullmatch(first)
        if not separator or old is None:
            raise ValueError("it does not begin with an old size and a proof")
        if len(lines) > MAX_PROOF:
            raise ValueError("its proof has more than 63 hashes")
        proof = tuple(decode_base64(line) for line in lines)
        if any(len(each) != HASH_SIZE for each in proof):
            raise ValueError("a hash has 32 bytes")
        return cls(int(old[1]), proof, note)
