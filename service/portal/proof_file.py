"""The proof file that a visitor sends along with some content: a proof bundle, or a bare C2PA store."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from attest.errors import ProofInvalid
from attest.proofs import verifier
from attest.proofs.bundle import MAX_BYTES, ProofBundle
from attest.standing import Standing
from service import wiring
from service.errors import ServiceError
from service.portal.axis import Axis, Fact
from service.report import Report

_MEANING = (
    "A proof file shows that a log holds an entry for this content. It is checked by arithmetic alone, "
    "so it counts the same whoever hands it over."
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the proof file held: a bundle unless it was a bare store, and the store, if any, as a file."""

    bundle: ProofBundle | None = None
    store: Path | None = None


@contextmanager
def given(upload: "UploadedFile[bytes] | None") -> Iterator[Given]:
    """Read the proof file; its store lies in a temporary file for as long as the block runs.

    Raises ServiceError `too_large` and ProofInvalid where it is neither a bundle nor a C2PA store.
    """
    if upload is None:
        yield Given()
        return
    if (upload.size or 0) > MAX_BYTES:
        raise ServiceError("too_large", f"A proof file has at most {MAX_BYTES // 2**20} MB.")
    data = upload.read()
    # A C2PA store is a JUMBF superbox (ISO 19566-5): a length, then its type.
    bundle = None if data[4:8] == b"jumb" else ProofBundle.parse(data)
    store = data if bundle is None else bundle.store
    if store is None:
        yield Given(bundle)
        return
    with tempfile.NamedTemporaryFile(dir=wiring.incoming_folder(), suffix=".c2pa") as file:
        file.write(store)
        file.flush()
        yield Given(bundle, Path(file.name))


def axis(bundle: ProofBundle, report: Report) -> Axis:
    """Whether the proof fits the content, as an answer of its own beside the report's five."""
    digests = {"file": report.sha256, "asset": report.sha256}
    try:
        standing, ours = _check(bundle, digests)
    except ProofInvalid as error:
        return _answer("It does not", "bad", str(error), notes=((error.code, str(error)),))
    facts = (
        Fact("Entry number", standing.leaf_index),
        Fact("Log", standing.log_origin, "code"),
        Fact("Attested (the log’s own clock)", standing.attested_at, "moment"),
        Fact("Log’s key", standing.log_key, "code"),
    )
    if ours:
        return _answer("It does", "good", "It leads from this content to this log.", facts, standing.problems)
    sentence = "It leads from this content to another log, whose key this installation does not know."
    return _answer("It does, for an unknown log", "warn", sentence, facts, standing.problems)


def _check(bundle: ProofBundle, digests: dict[str, str]) -> tuple[Standing, bool]:
    """The standing, and whether it is of our own log."""
    try:
        return verifier.verify(bundle, digests, log_key=str(wiring.log_key().vkey)), True
    except ProofInvalid as error:
        if error.code != "log_key_mismatch":
            raise
    return verifier.verify(bundle, digests), False


def _answer(
    word: str,
    tone: str,
    sentence: str,
    facts: tuple[Fact, ...] = (),
    notes: tuple[tuple[str, str], ...] = (),
) -> Axis:
    return Axis("proof", "Does the proof file fit?", word, tone, sentence, _MEANING, facts, notes)
