"""The audit of what others signed: witnesses' lines and time stamps against the checkpoints they are of."""

from collections.abc import Iterator
from hashlib import sha256

from attest.errors import AttestError, ProofInvalid
from attest.log.checkpoint import Checkpoint
from attest.log.cosignature import WitnessKey
from attest.log.note import Note, parse_signature
from attest.models import CheckpointRow, CheckpointTimestamp, Cosignature
from attest.timestamps.imprint import stamped_digest


def row_of_note(note: str) -> CheckpointRow | None:
    """The checkpoint that a published note is of, if each of its lines is the log's or a witness's."""
    try:
        parsed = Note.parse(note)
        row = CheckpointRow.objects.filter(size=Checkpoint.parse(parsed.text).size).first()
    except ProofInvalid:
        return None
    if row is None or not note.startswith(row.note):
        return None
    known = {row.note, *row.cosignatures.values_list("line", flat=True)}
    own = set(map(str, Note.parse(row.note).signatures))
    return row if {str(each) for each in parsed.signatures} <= known | own else None


def signatures_that_differ() -> Iterator[tuple[str, str]]:
    """Code and sentence of each stored cosignature or time stamp that is not of its checkpoint."""
    for row in Cosignature.objects.select_related("checkpoint").iterator(chunk_size=1000):
        if not _fits(row):
            name, size = row.witness.partition("+")[0], row.checkpoint.size
            yield "cosignature_differs", f"The line of {name} does not fit the checkpoint of size {size}."
    for stamp in CheckpointTimestamp.objects.select_related("checkpoint").iterator(chunk_size=200):
        text = Note.parse(stamp.checkpoint.note).text
        try:
            digest = stamped_digest(stamp.type, bytes(stamp.data))
        except AttestError:
            digest = b""
        if digest != sha256(text.encode()).digest():
            size = stamp.checkpoint.size
            yield "timestamp_differs", f"The {stamp.type} of checkpoint {size} is of something else."


def _fits(row: Cosignature) -> bool:
    try:
        line = parse_signature(row.line.removesuffix("\n"))
        note = Note(Note.parse(row.checkpoint.note).text, (line,))
        return WitnessKey.parse(row.witness).line_of(note) is not None
    except (ProofInvalid, ValueError):
        return False
