"""Content is kept once, whole or not at all, on any of Django's storages."""

import hashlib
import resource
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage

from provenance.assets.storage import AssetStore, asset_key
from provenance.errors import ProvenanceError


class Remote(Storage):
    """A storage without local paths, which is how django-storages' S3 behaves."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def _open(self, name: str, mode: str = "rb") -> ContentFile:
        if name not in self.blobs:
            raise FileNotFoundError(name)
        return ContentFile(self.blobs[name])

    def _save(self, name: str, content: File) -> str:
        self.blobs[name] = content.read()
        return name

    def exists(self, name: str) -> bool:
        return name in self.blobs

    def delete(self, name: str) -> None:
        self.blobs.pop(name, None)


CONTENT = b"some content" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["file system", "remote"])
def store(request: Any, tmp_path: Path) -> AssetStore:
    local = request.param == "file system"
    return AssetStore(FileSystemStorage(location=tmp_path / "blobs") if local else Remote())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def test_content_is_kept_under_its_digest_and_comes_back(store: AssetStore, source: Path) -> None:
    key = store.put(source, DIGEST)
    assert key == f"assets/{DIGEST[:2]}/{DIGEST}" == asset_key(DIGEST)
    assert store.exists(key)
    with store.open(key) as file:
        assert file.read() == CONTENT
    with store.materialise(key) as path:
        assert path.read_bytes() == CONTENT


def test_putting_it_twice_stores_it_once(store: AssetStore, source: Path) -> None:
    assert store.put(source, DIGEST) == store.put(source, DIGEST)


def test_a_deleted_content_is_gone_and_deleting_again_is_no_error(store: AssetStore, source: Path) -> None:
    key = store.put(source, DIGEST)
    store.delete(key)
    store.delete(key)
    assert not store.exists(key)
    with pytest.raises(ProvenanceError) as caught, store.materialise(key):
        pass
    assert caught.value.code == "asset_missing"


@pytest.mark.parametrize("key", ["../../etc/passwd", "assets/ab/cd", "assets/aa/" + "b" * 64, ""])
def test_a_key_that_we_did_not_make_is_refused(key: str, store: AssetStore) -> None:
    assert not store.exists(key)
    with pytest.raises(ProvenanceError) as caught:
        store.open(key)
    assert caught.value.code == "bad_key"


def test_bytes_that_changed_since_their_digest_are_not_stored(store: AssetStore, source: Path) -> None:
    source.write_bytes(b"other")
    with pytest.raises(ProvenanceError) as caught:
        store.put(source, DIGEST)
    assert caught.value.code == "digest_mismatch"
    assert not store.exists(asset_key(DIGEST))


def test_a_full_disk_leaves_no_half_content(tmp_path: Path) -> None:
    source = tmp_path / "big"
    source.write_bytes(b"x" * 300_000)
    digest = hashlib.sha256(b"x" * 300_000).hexdigest()
    store = AssetStore(FileSystemStorage(location=tmp_path / "blobs"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ProvenanceError) as caught:
            store.put(source, digest)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (caught.value.code, caught.value.permanent) == ("storage_full", False)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
