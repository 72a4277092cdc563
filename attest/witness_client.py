"""Asks a witness to cosign a checkpoint (C2SP tlog-witness)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attest.errors import AttestError
from attest.log.add_checkpoint import AddCheckpoint
from attest.log.checkpoint import Checkpoint
from attest.log.cosignature import WitnessKey
from attest.log.note import Note, Signature, parse_signature
from attest.outside import SECONDS, OutsideUnavailable, Reply, post

MAX_ANSWER = 16 * 1024
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")

# From an old size to a new one: the consistency proof, hashes of 32 bytes.
ProofBetween = Callable[[int, int], Sequence[bytes]]


class WitnessRefused(AttestError):
    """A witness refuses our checkpoint: it does not know the log or its key, or finds the request wrong."""

    code = "witness_refused"


class WitnessConflict(AttestError):
    """A witness has cosigned another tree of our log than ours: it is larger, or forked."""

    code = "witness_conflict"


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """One witness: the key that it cosigns with, and its submission prefix."""

    key: WitnessKey
    url: str


def cosign(
    witness: WitnessAddress, note: Note, old_size: int, proof: ProofBetween, *, seconds: float = SECONDS
) -> Signature:
    """The witness's verified signature line under this checkpoint, from the size it cosigned last on.

    `old_size` is our guess of that size; a witness that knows better says so once and is asked again.

    Raises OutsideUnavailable (ask later), WitnessRefused, WitnessConflict, and ProofInvalid
    (`witness_signature_invalid`) where a line of its key does not verify.
    """
    checkpoint = Checkpoint.parse(note.text)

    def ask(old: int) -> Reply:
        hashes = tuple(proof(old, checkpoint.size)) if 0 < old < checkpoint.size else ()
        return _send(witness, AddCheckpoint(old, hashes, str(note)), seconds)

    reply = ask(old_size)
    if reply.status == 409:
        reply = ask(_conflict(witness, reply, checkpoint.size, old_size))
    if reply.status == 409:
        _conflict(witness, reply, checkpoint.size, checkpoint.size)
    name = witness.key.name
    if reply.status in {400, 401, 403, 404, 413, 422}:
        raise WitnessRefused(f"The witness {name} refuses the checkpoint with status {reply.status}.")
    if reply.status != 200:
        raise OutsideUnavailable(f"The witness {name} answered with status {reply.status}.")
    return _line(witness.key, note, reply.content)


def _send(witness: WitnessAddress, request: AddCheckpoint, seconds: float) -> Reply:
    return post(
        f"{witness.url.rstrip('/')}/add-checkpoint",
        request.encode(),
        content_type="text/plain; charset=utf-8",
        accept="text/plain, text/x.tlog.size",
        max_bytes=MAX_ANSWER,
        seconds=seconds,
    )


def _conflict(witness: WitnessAddress, reply: Reply, size: int, asked: int) -> int:
    """The size that the witness knows, where asking from there can help."""
    match = _SIZE.fullmatch(reply.content)
    if match is None:
        raise WitnessConflict(f"The witness {witness.key.name} has cosigned another tree of this size.")
    known = int(match[1])
    if known > size:
        raise WitnessConflict(
            f"The witness {witness.key.name} has cosigned {known} leaves of this log, which has {size} here: "
            "was a backup restored?"
        )
    if known == asked:
        raise WitnessConflict(
            f"The witness {witness.key.name} has cosigned another tree of {known} leaves under this name."
        )
    return known


def _line(key: WitnessKey, note: Note, content: bytes) -> Signature:
    """Our witness's line among those answered; lines of other keys are ignored."""
    try:
        lines = content.decode().splitlines()
        signatures = [parse_signature(line) for line in lines]
    except ValueError as error:
        raise OutsideUnavailable(f"The witness {key.name} answered no signature lines.") from error
    for signature in signatures:
        found = key.line_of(Note(note.text, (signature,)))
        if found is not None:
            return found
    raise OutsideUnavailable(f"The witness {key.name} answered without its own line.")
