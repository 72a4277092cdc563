"""Lists from files for a verification without a service: every form, each under a name of its own."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from provenance.keys import devpki
from service.cli.offline_trust import trust_store


def test_files_of_every_form_make_one_store(shared: Path, tmp_path: Path) -> None:
    official = shared / "vectors" / "c2pa-conformance"
    for folder in ("one", "two"):
        devpki.create(tmp_path / folder, folder)
    store = trust_store(
        [
            tmp_path / "one" / devpki.ROOT_FILE,
            official / "trust-list" / "C2PA-TRUST-LIST.json",
            tmp_path / "two" / devpki.ROOT_FILE,
            official / "trust-list" / "C2PA-TSA-TRUST-LIST.pem",
            official / "conforming-products" / "conforming-products-list.json",
        ]
    )
    assert [(each.name, each.kind.value, each.version) for each in store.lists] == [
        ("root", "manifest", ""),
        ("C2PA Trust List", "manifest", "1, 2026-08-05"),
        ("root 2", "manifest", ""),
        ("C2PA-TSA-TRUST-LIST", "tsa", ""),
    ]
    assert store.product("Pixel Camera", "Google LLC", None, "US") is not None


def test_a_file_that_is_no_list_is_wrong_usage_and_named_safely(tmp_path: Path) -> None:
    wrong = tmp_path / "a\x1b[31mb.pem"
    wrong.write_text("nothing")
    with pytest.raises(CommandError) as found:
        trust_store([wrong])
    assert found.value.returncode == 2
    assert "[U+001B][31m" in str(found.value)
