"""Taking bytes in: digest, cap, type and structure, in one pass and a glance at the headers."""

import codecs
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path

from provenance.assets.asset import Asset, Medium
from provenance.assets.label import label
from provenance.assets.limits import MEBIBYTE, Limits
from provenance.assets.sniff import FLAC, HEAD_BYTES, TEXT, UNKNOWN, sniff, tag_bytes
from provenance.assets.structure.check import check
from provenance.errors import ProvenanceError, RejectedAsset

_READ_BYTES = 1 * MEBIBYTE


def receive(chunks: Iterable[bytes], name: str, limits: Limits, folder: Path) -> Asset:
    """Stream `chunks` into a private file (0600) in `folder` and identify it; no length need be announced.

    On any error, the sender's own included, nothing is left in `folder`. Raises RejectedAsset with
    `empty_file`, `too_large`, `too_many_pixels`, `too_many_frames`, `truncated_file`, `malformed_media` or
    `active_content`; ProvenanceError `storage_full` where the disk is.
    """
    descriptor, raw = tempfile.mkstemp(prefix="intake-", dir=folder)
    path = Path(raw)
    reading = _Reading(limits)
    try:
        # Unbuffered: a full disk then shows at the write, and closing has nothing left to fail on.
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for chunk in chunks:
                reading.add(chunk)
                _write(file, chunk)
        return _identify(reading, name, limits, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def from_text(text: str, name: str, limits: Limits, folder: Path) -> Asset:
    """Take a text in as UTF-8, byte for byte as given. Raises as `receive` does."""
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise RejectedAsset("The text holds half a surrogate pair.", code="malformed_text") from error
    return receive([content], name, limits, folder)


def from_path(path: Path, limits: Limits) -> Asset:
    """Identify a file where it lies, copying nothing. Raises as `receive` does, `unreadable_file` besides."""
    reading = _Reading(limits)
    try:
        for chunk in _blocks(path):
            reading.add(chunk)
    except OSError as error:
        raise RejectedAsset(
            f"{label(path.name)} cannot be read: {error.strerror}.", code="unreadable_file"
        ) from error
    return _identify(reading, path.name, limits, path)


def storage_error(error: OSError) -> ProvenanceError:
    """A disk's failure as this engine's error: `storage_full` or `storage_failed`, both worth a retry."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    failure = ProvenanceError(
        "The disk is full." if full else f"The storage failed: {error.strerror}.",
        code="storage_full" if full else "storage_failed",
    )
    failure.permanent = False
    return failure


@dataclass(slots=True)
class _Reading:
    """What one pass over the bytes learns: digest, size, head, and whether all of it is UTF-8."""

    limits: Limits
    size: int = 0
    head: bytes = b""
    is_utf8: bool = True
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.limits.max_bytes:
            raise RejectedAsset(f"The file is over {self.limits.max_bytes:,} bytes.", code="too_large")
        self.digest.update(chunk)
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
        self._decode(chunk, final=False)

    def finish(self) -> tuple[str, Medium]:
        """The sniffed type of the whole; a head of text over a body that is none is unknown content."""
        if not self.size:
            raise RejectedAsset("The file is empty.", code="empty_file")
        self._decode(b"", final=True)
        media_type, medium = sniff(self.head, "")
        return (UNKNOWN, Medium.OTHER) if media_type == TEXT and not self.is_utf8 else (media_type, medium)

    def _decode(self, chunk: bytes, *, final: bool) -> None:
        if not self.is_utf8:
            return
        try:
            decoded = self.decoder.decode(chunk, final=final)
        except UnicodeDecodeError:
            self.is_utf8 = False
        else:
            self.is_utf8 = "\0" not in decoded


def _identify(reading: _Reading, name: str, limits: Limits, path: Path) -> Asset:
    media_type, medium = reading.finish()
    skipped = tag_bytes(reading.head)
    if skipped and _at(path, skipped, 4) == b"fLaC":
        media_type = FLAC
    check(path, media_type, limits)
    return Asset(
        sha256=reading.digest.hexdigest(),
        size=reading.size,
        media_type=media_type,
        medium=medium,
        name=label(name),
        path=path,
    )


def _write(file: RawIOBase, chunk: bytes) -> None:
    """All of `chunk`. Only the disk's own failures become storage errors; a sender's stay what they are."""
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) or 0 :]
    except OSError as error:
        raise storage_error(error) from error


def _at(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            yield block
