"""Where assets are kept: one content-addressed key per content, on any of Django's storages.

The engine sees the storage through `BlobStorage`, which Django's FileSystemStorage and django-storages' S3
both satisfy; nothing here imports Django.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from provenance.assets.intake import storage_error
from provenance.errors import ProvenanceError

_KEY = re.compile(r"\Aassets/([0-9a-f]{2})/(\1[0-9a-f]{62})\Z")
_COPY_BYTES = 1 << 20


class BlobStorage(Protocol):
    """The part of Django's Storage that is used; `path` raises where there is no file system."""

    def open(self, name: str, mode: str = "rb") -> Any:
        """A binary file object, closed by the caller."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Store `content` and return the name used, which may differ where `name` was taken."""

    def exists(self, name: str) -> bool:
        """Whether something is stored under `name`."""

    def delete(self, name: str) -> None:
        """Remove what is stored under `name`, if anything."""

    def path(self, name: str) -> str:
        """The local path of `name`. Raises NotImplementedError where the storage is not local."""


def asset_key(sha256: str) -> str:
    """The key that content of this digest (64 lower-case hex digits) is kept under."""
    key = f"assets/{sha256[:2]}/{sha256}"
    if not _KEY.match(key):
        raise ProvenanceError("That is not a SHA-256 in lower-case hex.", code="bad_digest")
    return key


class AssetStore:
    """Assets by content. Putting the same content twice stores it once; keys never name a person's file."""

    def __init__(self, storage: BlobStorage) -> None:
        self._storage = storage

    def put(self, path: Path, sha256: str) -> str:
        """Keep the file at `path` and return its key; nothing is written where the content is kept already.

        On a file system the content appears whole or not at all (temporary file, fsync, rename). Raises
        ProvenanceError `storage_full` or `storage_failed` (both not permanent), `digest_mismatch` where the
        bytes at `path` are no longer those of `sha256`.
        """
        key = asset_key(sha256)
        try:
            if self._storage.exists(key):
                return key
            local = self._local(key)
            if local is not None:
                _copy_atomically(path, local, sha256)
            else:
                self._save_remotely(path, key, sha256)
        except OSError as error:
            raise storage_error(error) from error
        return key

    def open(self, key: str) -> BinaryIO:
        """The content as a readable binary file. Raises ProvenanceError `asset_missing`."""
        self._require(key)
        try:
            return cast("BinaryIO", self._storage.open(key, "rb"))
        except FileNotFoundError as error:
            raise _missing(key) from error
        except OSError as error:
            raise storage_error(error) from error

    @contextmanager
    def materialise(self, key: str) -> Iterator[Path]:
        """A local path of the content for the length of the block: the stored file itself where it is local.

        Read only: writing through it would change what is stored. Raises ProvenanceError `asset_missing`.
        """
        self._require(key)
        local = self._local(key)
        if local is not None:
            if not local.is_file():
                raise _missing(key)
            yield local
            return
        with tempfile.TemporaryDirectory(prefix="assay-asset-") as folder:
            copy = Path(folder) / "content"
            with self.open(key) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, _COPY_BYTES)
            yield copy

    def exists(self, key: str) -> bool:
        """Whether the content is kept."""
        return bool(_KEY.match(key)) and self._storage.exists(key)

    def delete(self, key: str) -> None:
        """Forget the content; no error where it is gone already."""
        self._require(key)
        self._storage.delete(key)

    def _require(self, key: str) -> None:
        if not _KEY.match(key):
            raise ProvenanceError("That is not the key of a stored asset.", code="bad_key")

    def _local(self, key: str) -> Path | None:
        try:
            return Path(self._storage.path(key))
        except (NotImplementedError, AttributeError):
            return None

    def _save_remotely(self, path: Path, key: str, sha256: str) -> None:

        if _digest(path) != sha256:
            raise _mismatch()
        with path.open("rb") as source:
            used = self._storage.save(key, source)
        if used != key:
            # A parallel upload of the same content won the name; ours is the spare copy.
            self._storage.delete(used)


def _copy_atomically(source: Path, target: Path, sha256: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, raw = tempfile.mkstemp(prefix=".put-", dir=target.parent)
    temporary = Path(raw)
    try:
        digest = hashlib.sha256()
        with os.fdopen(descriptor, "wb") as copy, source.open("rb") as original:
            while block := original.read(_COPY_BYTES):
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        if digest.hexdigest() != sha256:
            raise _mismatch()
        temporary.replace(target)
        _sync_folder(target.parent)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """A rename survives a power cut only once the folder itself is written."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _missing(key: str) -> ProvenanceError:
    return ProvenanceError(f"The content {key} is not in the store.", code="asset_missing")


def _mismatch() -> ProvenanceError:
    return ProvenanceError("The file changed between its digest and its storage.", code="digest_mismatch")
