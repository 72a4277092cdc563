"""Rows: one content is one row, one list has one active version."""

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
from provenance.errors import TrustListInvalid
from provenance.flows.keep import keep
from provenance.flows.trust import add_list, remove_list
from provenance.keys import devpki
from provenance.models import StoredAsset, TrustListRow
from provenance.trust.lists import ListKind


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(FileSystemStorage(location=tmp_path / "blobs"))


@pytest.fixture
def asset(jpeg: Path) -> Asset:
    return from_path(jpeg, Limits())


@pytest.fixture
def root(pki: Path) -> bytes:
    return (pki / devpki.ROOT_FILE).read_bytes()


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


@pytest.mark.django_db
def test_a_new_version_of_a_list_takes_the_place_of_the_old(root: bytes, tmp_path: Path) -> None:
    first = add_list("newsrooms", ListKind.MANIFEST, root, "1")
    assert add_list("newsrooms", "manifest", root, "1").pk == first.pk
    devpki.create(tmp_path / "next", "Next")
    second = add_list("newsrooms", "manifest", (tmp_path / "next" / devpki.ROOT_FILE).read_bytes(), "2")
    first.refresh_from_db()
    assert (first.active, second.active) == (False, True)
    assert [row.version for row in queries.active_trust_lists()] == ["2"]
    assert second.as_list().sha256 == second.sha256


@pytest.mark.django_db
def test_a_removed_list_is_out_of_force_and_stays_on_record(root: bytes) -> None:
    add_list("newsrooms", "manifest", root)
    assert remove_list("newsrooms") == 1
    assert queries.trust_store().lists == ()
    assert TrustListRow.objects.count() == 1
    with pytest.raises(TrustListInvalid) as caught:
        remove_list("newsrooms")
    assert caught.value.code == "trust_list_unknown"
    assert add_list("newsrooms", "manifest", root).active


@pytest.mark.django_db
def test_the_trust_store_joins_rows_files_and_the_development_root(
    root: bytes, pki: Path, tmp_path: Path
) -> None:
    add_list("newsrooms", "manifest", root)
    (tmp_path / "clocks.tsa.pem").write_bytes(root)
    store = queries.trust_store(files=[tmp_path / "clocks.tsa.pem"], development_root=pki / devpki.ROOT_FILE)
    assert [(one.name, one.kind.value) for one in store.lists] == [
        ("newsrooms", "manifest"),
        ("clocks.tsa", "tsa"),
        ("development", "manifest"),
    ]


@pytest.mark.django_db
def test_a_bad_list_changes_nothing(root: bytes) -> None:
    add_list("newsrooms", "manifest", root)
    with pytest.raises(TrustListInvalid):
        add_list("newsrooms", "manifest", b"garbage")
    assert len(queries.trust_store().lists) == 1
