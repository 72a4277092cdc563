"""A witness: remembers each log's largest tree, and cosigns only what extends it (C2SP tlog-witness).

    FOLDER/lock                  held while a witness runs: two on one folder would each forget the other
    FOLDER/logs/<hash>           the last cosigned checkpoint of one log, hash = hex SHA-256 of its origin
    FOLDER/evidence/<hash>.<n>   two notes that the log signed, of one size and two roots

Nothing is answered before what it commits the witness to lies on the disk. A state file that does not read
back stops the witness: to begin anew would be to cosign a fork.
"""

import fcntl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import time
from typing import IO

from attest.errors import AttestError, ProofInvalid
from attest.log.add_checkpoint import AddCheckpoint
from attest.log.checkpoint import Checkpoint
from attest.log.cosignature import CosignerKey, cosigned_at
from attest.log.durable import replace
from attest.log.merkle import EMPTY_ROOT, verify_consistency
from attest.log.note import Note, VerifierKey

SIZE_TYPE = "text/x.tlog.size"
MAX_EVIDENCE = 16


class WitnessStateDamaged(AttestError):
    """The witness's memory cannot be read, or another witness uses it."""

    code = "witness_state_damaged"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Known:
    checkpoint: Checkpoint
    time: int
    note: str


class Witness:
    """Cosigns the checkpoints of the logs it was given; safe for threads, one process a folder."""

    def __init__(
        self,
        key: CosignerKey,
        logs: Iterable[VerifierKey],
        folder: Path,
        clock: Callable[[], float] = time,
    ) -> None:
        """Take the folder and read back what was cosigned. Raises WitnessStateDamaged, OSError."""
        self.key = key
        self._keys: dict[str, list[VerifierKey]] = {}
        for log in logs:
            self._keys.setdefault(log.name, []).append(log)
        self._folder = folder
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._lock = self._take()
        try:
            self._known = {origin: known for origin in self._keys if (known := self._load(origin))}
        except WitnessStateDamaged:
            self.close()
            raise

    @property
    def origins(self) -> tuple[str, ...]:
        """The logs it knows."""
        return tuple(self._keys)

    def size_of(self, origin: str) -> int:
        """The size that was cosigned last for a log; 0 before the first."""
        known = self._known.get(origin)
        return known.checkpoint.size if known else 0

    def latest(self, origin: str) -> str | None:
        """The last cosigned checkpoint of a log, with the log's and this witness's lines."""
        known = self._known.get(origin)
        return known.note if known else None

    def close(self) -> None:
        """Give the folder back."""
        self._lock.close()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request as the protocol says; a refusal is an answer. Raises OSError (a full disk)."""
        try:
            request = AddCheckpoint.parse(body)
            note = Note.parse(request.note)
            checkpoint = Checkpoint.parse(note.text)
        except ProofInvalid as error:
            return Answer(400, f"{error}\n")
        keys = self._keys.get(checkpoint.origin)
        if keys is None:
            return Answer(404, "This witness does not know the log.\n")
        if not _signed(note, keys):
            return Answer(403, "No key that this witness trusts for the log signed the checkpoint.\n")
        if request.old_size > checkpoint.size:
            return Answer(400, "The old size is larger than the checkpoint.\n")
        with self._one_at_a_time:
            return self._extend(request, note, checkpoint)

    def _extend(self, request: AddCheckpoint, note: Note, new: Checkpoint) -> Answer:
        old = self._known.get(new.origin)
        size, root = (old.checkpoint.size, old.checkpoint.root) if old else (0, EMPTY_ROOT)
        if new.size == size and new.root != root:
            self._keep_evidence(new.origin, old, str(note))
            return Answer(409, f"{size}\n", SIZE_TYPE)
        if request.old_size != size:
            return Answer(409, f"{size}\n", SIZE_TYPE)
        if size == 0 and request.proof:
            return Answer(422, "From size zero the proof is empty.\n")
        try:
            if size:
                verify_consistency(size, new.size, root, new.root, request.proof)
        except ProofInvalid as error:
            return Answer(422, f"{error}\n")
        # A clock that goes back must not make a larger tree look older than a smaller one.
        moment = max(int(self._clock()), old.time if old else 0)
        signature = self.key.cosign(note.text, moment)
        keys = self._keys[new.origin]
        kept = tuple(each for each in note.signatures if _signed(Note(note.text, (each,)), keys))
        self._store(new.origin, _Known(new, moment, str(Note(note.text, (*kept, signature)))))
        return Answer(200, str(signature))

    def _take(self) -> IO[bytes]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self._folder / "lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise WitnessStateDamaged(f"Another witness is running on {self._folder}.") from error
        return lock

    def _path(self, origin: str) -> Path:
        return self._folder / "logs" / sha256(origin.encode()).hexdigest()

    def _load(self, origin: str) -> _Known | None:
        try:
            text = self._path(origin).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise WitnessStateDamaged(f"What was cosigned of {origin} cannot be read.") from error
        try:
            note = Note.parse(text)
            checkpoint = Checkpoint.parse(note.text)
            own = self.key.vkey.line_of(note)
        except ProofInvalid as error:
            raise WitnessStateDamaged(f"What was cosigned of {origin} is damaged: {error}") from error
        if own is None or checkpoint.origin != origin:
            raise WitnessStateDamaged(f"What was cosigned of {origin} was cosigned by another key.")
        return _Known(checkpoint, cosigned_at(own), text)

    def _store(self, origin: str, known: _Known) -> None:
        replace(self._path(origin), known.note.encode())
        self._known[origin] = known

    def _keep_evidence(self, origin: str, old: _Known | None, note: str) -> None:
        """Keep what proves that the log forked, a few times: it is for people to read.

        Only equal sizes prove it by themselves; a checkpoint with a bad proof is anybody's to send.
        """
        name = self._path(origin).name
        if old is None:
            return
        for number in range(MAX_EVIDENCE):
            path = self._folder / "evidence" / f"{name}.{number}"
            content = f"{old.note}\n{note}".encode()
            if path.exists() and path.read_bytes() != content:
                continue
            replace(path, content)
            return


def _signed(note: Note, keys: list[VerifierKey]) -> bool:
    """Whether one of these keys' lines verifies; one key's broken line does not undo another's good one."""
    known = {(key.name, key.hash): key for key in keys}
    lines = [(known.get((each.name, each.key_hash)), each.value) for each in note.signatures]
    return any(key is not None and key.verify(note.text, value) for key, value in lines)
