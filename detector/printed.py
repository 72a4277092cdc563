"""Items with their fingerprints, for screening with no service: files by threads, texts in batches."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from detector.errors import MediaUnreadable
from detector.fingerprints.compute import Embedders, fingerprints, text_fingerprints, undecoded
from detector.fingerprints.fingerprint import Fingerprints, Unread
from detector.media.text import read_text
from detector.sources import ScreenItem
from provenance.assets.asset import Medium
from provenance.assets.sniff import HEAD_BYTES, sniff

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Printed:
    """An item and its fingerprints."""

    item: ScreenItem
    prints: Fingerprints


@dataclass(frozen=True, slots=True)
class _Text:
    content: str
    sha256: str


_Read = Fingerprints | _Text
_Batch = Sequence[tuple[ScreenItem, "Future[_Read]"]]


def printed(
    items: Iterable[ScreenItem], embedders: Embedders, done: Callable[[ScreenItem], None] | None = None
) -> Iterator[Printed]:
    """Fingerprints of all items, in order, however many workers there are; `done` is told of each.

    While one batch's texts are embedded, the next one's files are decoded.
    Raises ModelUnavailable, DecoderUnavailable, and what reading the items raises.
    """
    stream = iter(items)
    # One more than the workers: a file is hashed while the others are decoded.
    threads = ThreadPoolExecutor(1 if embedders.workers is None else embedders.workers.count + 1)
    waiting: deque[_Batch] = deque()
    try:
        while batch := list(islice(stream, _BATCH)):
            waiting.append([(item, threads.submit(_read, item, embedders)) for item in batch])
            if len(waiting) > 1:
                yield from _finished(waiting.popleft(), embedders, done)
        while waiting:
            yield from _finished(waiting.popleft(), embedders, done)
    finally:
        threads.shutdown(cancel_futures=True)


def _read(item: ScreenItem, embedders: Embedders) -> _Read:
    """A file's fingerprints, or the text that is to be embedded with others."""
    if item.path is None:
        text = item.text or ""
        return _Text(text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    try:
        with item.path.open("rb") as stream:
            _, medium = sniff(stream.read(HEAD_BYTES), item.path.name)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        unread = Unread(MediaUnreadable.code, f"The file could not be read: {error.strerror}.")
        return Fingerprints("", Medium.OTHER, (), unread=unread)
    return _file(item.path, medium, sha256, embedders)


def _file(path: Path, medium: Medium, sha256: str, embedders: Embedders) -> _Read:
    if medium is Medium.TEXT:
        try:
            return _Text(read_text(path, embedders.text_bytes), sha256)
        except MediaUnreadable as error:
            return undecoded(medium, sha256, error)
    # Nobody sees a thumbnail here, and ten thousand of them take 100 MB.
    return replace(fingerprints(path, medium, sha256, embedders), thumbnail=None)


def _finished(
    batch: _Batch, embedders: Embedders, done: Callable[[ScreenItem], None] | None
) -> Iterator[Printed]:
    read: list[_Read] = []
    for item, future in batch:
        read.append(future.result())
        if done is not None:
            done(item)
    texts = [each for each in read if isinstance(each, _Text)]
    of_texts = iter(
        text_fingerprints([each.content for each in texts], embedders, [each.sha256 for each in texts])
    )
    for (item, _), each in zip(batch, read, strict=True):
        yield Printed(item, next(of_texts) if isinstance(each, _Text) else each)
