"""Lists in force: one version of each, the older ones on record, and none that goes back unasked."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, connections

from provenance import queries
from provenance.errors import TrustListInvalid
from provenance.flows.trust import put_in_force, remove_list
from provenance.keys import devpki
from provenance.models import ProductListRow, TrustListRow
from provenance.trust.lists import ListKind, TrustList, parse_pem
from provenance.trust.products import ProductList, parse_products

ISSUED = datetime(2026, 8, 5, 0, 11, 39, tzinfo=UTC)


@pytest.fixture
def root(pki: Path) -> bytes:
    return (pki / devpki.ROOT_FILE).read_bytes()


@pytest.fixture(scope="module")
def other_root(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("other")
    devpki.create(folder, "Another newsroom")
    return (folder / devpki.ROOT_FILE).read_bytes()


@pytest.fixture
def first(root: bytes) -> TrustList:
    made = parse_pem("newsrooms", ListKind.MANIFEST, root, "1")
    return replace(
        made,
        sequence=1,
        issued=ISSUED,
        next_update=ISSUED + timedelta(days=365),
        source="/lists/newsrooms.json",
        left_out=("CN=x: not a certificate authority, left out.",),
    )


@pytest.fixture
def second(first: TrustList, other_root: bytes) -> TrustList:
    made = parse_pem("newsrooms", ListKind.MANIFEST, other_root, "2")
    return replace(made, sequence=2, issued=ISSUED + timedelta(days=1))


def products(day: str) -> ProductList:
    record = {
        "recordId": "1",
        "status": "conformant",
        "product": {"productType": "generatorProduct", "DN": {"CN": "Camera", "O": "Maker"}},
        "dates": {"lastModification": day},
    }
    return parse_products("products", json.dumps([record]).encode(), source="/lists/products.json")


@pytest.mark.django_db
def test_a_list_is_kept_with_all_that_it_says(first: TrustList) -> None:
    made = put_in_force(first)
    assert (made.changed, made.before) == (True, None)
    assert queries.trust_store().lists == (first,)


@pytest.mark.django_db
def test_a_new_version_takes_the_place_of_the_old_which_stays_readable(
    first: TrustList, second: TrustList
) -> None:
    put_in_force(first)
    made = put_in_force(second)
    assert made.before is not None
    made.before.refresh_from_db()
    assert made.before.retired_at is not None
    assert made.before.as_list() == first
    assert queries.trust_store().lists == (second,)
    assert [row.version for row in queries.trust_lists(past=True)] == ["2", "1"]


@pytest.mark.django_db
def test_the_same_list_again_changes_nothing_wherever_it_came_from(first: TrustList) -> None:
    row = put_in_force(first).row
    again = put_in_force(replace(first, source="https://lists.example/newsrooms.json"))
    assert (again.changed, again.row.pk) == (False, row.pk)
    assert TrustListRow.objects.count() == 1


@pytest.mark.django_db
def test_a_list_issued_anew_with_the_same_authorities_is_a_new_version(first: TrustList) -> None:
    put_in_force(first)
    later = replace(first, version="2", sequence=2, issued=ISSUED + timedelta(days=1))
    assert put_in_force(later).changed
    assert queries.trust_store().lists == (later,)


@pytest.mark.django_db
def test_an_older_list_is_refused_unless_it_is_forced(first: TrustList, second: TrustList) -> None:
    put_in_force(second)
    # Without this an old list with the same authorities would open the way for another old one.
    same_but_older = replace(second, sequence=1, issued=ISSUED)
    for older in (first, same_but_older):
        with pytest.raises(TrustListInvalid) as caught:
            put_in_force(older)
        assert caught.value.code == "trust_list_rollback"
        assert queries.trust_store().lists == (second,)
    assert put_in_force(first, force=True).changed
    assert queries.trust_store().lists == (first,)


@pytest.mark.django_db
def test_another_content_under_one_number_is_refused(first: TrustList, second: TrustList) -> None:
    put_in_force(first)
    with pytest.raises(TrustListInvalid) as caught:
        put_in_force(replace(second, sequence=1, issued=ISSUED))
    assert caught.value.code == "trust_list_conflict"
    assert put_in_force(replace(first, version="renamed")).changed


@pytest.mark.django_db
def test_lists_of_one_name_and_two_kinds_live_side_by_side(first: TrustList, root: bytes) -> None:
    put_in_force(first)
    put_in_force(parse_pem("newsrooms", ListKind.TSA, root))
    assert {row.kind for row in queries.trust_lists()} == {"manifest", "tsa"}
    assert remove_list("newsrooms", "tsa") == 1
    assert [row.kind for row in queries.trust_lists()] == ["manifest"]


@pytest.mark.django_db
def test_a_removed_list_is_out_of_force_and_stays_on_record(first: TrustList) -> None:
    put_in_force(first)
    assert remove_list("newsrooms") == 1
    assert queries.trust_store().lists == ()
    (row,) = queries.trust_lists(past=True)
    assert row.retired_at is not None
    with pytest.raises(TrustListInvalid) as caught:
        remove_list("newsrooms")
    assert caught.value.code == "trust_list_unknown"
    assert put_in_force(first).row.active


@pytest.mark.django_db
def test_a_list_of_products_has_versions_too() -> None:
    put_in_force(products("2026-08-05"))
    assert put_in_force(products("2026-08-05")).changed is False
    assert put_in_force(products("2026-08-20")).changed
    (found,) = queries.trust_store().products
    assert (found.version, found.source) == ("2026-08-20", "/lists/products.json")
    assert queries.trust_store().product("Camera", "Maker") is not None
    with pytest.raises(TrustListInvalid) as caught:
        put_in_force(products("2026-08-19"))
    assert caught.value.code == "trust_list_rollback"
    assert remove_list("products") == 1
    assert ProductListRow.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_updates_leave_one_version_in_force(first: TrustList) -> None:
    def bring(_: int) -> None:
        try:
            put_in_force(first)
        finally:
            connections["default"].close()

    # The test's own connection must not hold the file of an in-memory database.
    assert connection.settings_dict["NAME"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bring, range(16)))
    assert TrustListRow.objects.count() == 1


@pytest.mark.django_db
def test_the_trust_store_joins_rows_files_and_the_development_root(
    first: TrustList, root: bytes, pki: Path, tmp_path: Path
) -> None:
    put_in_force(first)
    (tmp_path / "clocks.tsa.pem").write_bytes(root)
    (tmp_path / "products.json").write_bytes(products("2026-08-05").document)
    files = [tmp_path / "clocks.tsa.pem", tmp_path / "products.json"]
    store = queries.trust_store(files=files, development_root=pki / devpki.ROOT_FILE)
    assert [(one.name, one.kind.value) for one in store.lists] == [
        ("newsrooms", "manifest"),
        ("clocks.tsa", "tsa"),
        ("development", "manifest"),
    ]
    assert len(store.products) == 1


@pytest.mark.django_db
def test_the_mark_changes_with_every_change_and_only_then(
    first: TrustList, second: TrustList, root: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "list.pem"
    marks = [queries.trust_mark([path])]

    def differs() -> bool:
        marks.append(queries.trust_mark([path]))
        return marks[-1] not in marks[:-1]

    put_in_force(first)
    assert differs()
    put_in_force(first)
    assert not differs()
    put_in_force(second)
    assert differs()
    remove_list("newsrooms")
    assert differs()
    put_in_force(second)
    assert differs()
    put_in_force(products("2026-08-05"))
    assert differs()
    path.write_bytes(root)
    assert differs()
    os.utime(path, ns=(1, 1))
    assert differs()
    path.unlink()
    # As it was before the file, so this one is not new.
    assert queries.trust_mark([path]) == marks[-3]
