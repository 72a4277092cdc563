"""Rows: one content is one row."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection, connections

from provenance import queries
from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.assets.storage import AssetStore
from provenance.flows.keep import keep
from provenance.models import StoredAsset


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(FileSystemStorage(location=tmp_path / "blobs"))


@pytest.fixture
def asset(jpeg: Path) -> Asset:
    return from_path(jpeg, Limits())


@pytest.mark.django_db
def test_content_is_kept_once_and_found_by_its_digest(asset: Asset, store: AssetStore) -> None:
    row = keep(asset, store)
    assert keep(asset, store).pk == row.pk
    assert queries.asset_by_sha256(asset.sha256) == row
    assert queries.asset_by_sha256("0" * 64) is None
    assert (row.size, row.media_type, row.medium, row.name) == (
        asset.size, "image/jpeg", "image", "picture.jpg",
    )  # fmt: skip
    with store.materialise(row.key) as path:
        assert path.read_bytes() == asset.path.read_bytes()


@pytest.mark.django_db
def test_a_row_whose_bytes_were_lost_gets_them_back(asset: Asset, store: AssetStore) -> None:
    row = keep(asset, store)
    store.delete(row.key)
    assert keep(asset, store).pk == row.pk
    assert store.exists(row.key)


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_uploads_of_one_file_are_one_row(asset: Asset, store: AssetStore) -> None:
    def bring(_: int) -> int:
        try:
            return keep(asset, store).pk
        finally:
            connections["default"].close()

    # The test's own connection must not hold the file of an in-memory database.
    assert connection.settings_dict["NAME"]
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(bring, range(50)))
    assert len(keys) == StoredAsset.objects.count() == 1
