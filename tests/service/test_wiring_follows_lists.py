"""A running process follows the trust lists, and goes on with the last ones where it cannot."""

import os
from pathlib import Path

import pytest
from django.db import OperationalError

from provenance import queries
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.flows.trust import put_in_force, remove_list
from provenance.keys import devpki
from provenance.trust.lists import ListKind, parse_pem
from service import wiring


@pytest.fixture
def every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the lists at each call instead of every few seconds."""
    monkeypatch.setattr(wiring, "LISTS_SECONDS", 0.0)


@pytest.fixture
def newsrooms(tmp_path: Path) -> bytes:
    devpki.create(tmp_path / "newsroom", "Newsroom")
    return (tmp_path / "newsroom" / devpki.ROOT_FILE).read_bytes()


def names() -> list[str]:
    return [each.name for each in wiring.trust_store().lists]


@pytest.mark.usefixtures("house", "every_call")
def test_a_list_put_in_force_counts_without_a_restart(newsrooms: bytes) -> None:
    wiring.keyring()  # makes the development root
    first, writer = wiring.inspector(), wiring.writer()
    assert wiring.inspector() is first
    assert wiring.writer() is writer
    put_in_force(parse_pem("newsrooms", ListKind.MANIFEST, newsrooms))
    assert names() == ["newsrooms", "development"]
    assert [each.name for each in wiring.inspector().trust.lists] == ["newsrooms", "development"]
    assert wiring.writer() is not writer
    remove_list("newsrooms")
    assert names() == ["development"]
    assert [each.name for each in wiring.inspector().trust.lists] == ["development"]


@pytest.mark.usefixtures("house", "every_call")
def test_an_inspector_in_use_works_on_while_another_takes_its_place(newsrooms: bytes, photo: Path) -> None:
    old = wiring.inspector()
    put_in_force(parse_pem("newsrooms", ListKind.MANIFEST, newsrooms))
    assert wiring.inspector() is not old
    assert old.inspect(from_path(photo, Limits())).credential.value == "none"


@pytest.mark.usefixtures("house")
def test_the_lists_are_looked_at_every_few_seconds_only(
    newsrooms: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("service.wiring.time.monotonic", lambda: now)
    wiring.keyring()
    wiring.inspector()
    put_in_force(parse_pem("newsrooms", ListKind.MANIFEST, newsrooms))
    now += wiring.LISTS_SECONDS - 0.1
    assert names() == ["development"]
    now += 0.1
    assert names() == ["newsrooms", "development"]


@pytest.mark.usefixtures("house", "every_call")
def test_a_database_that_does_not_answer_leaves_the_lists_that_were_read(
    newsrooms: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(parse_pem("newsrooms", ListKind.MANIFEST, newsrooms))
    wiring.keyring()

    def down(_: object) -> None:
        raise OperationalError("the database is down")

    before = wiring.inspector()
    monkeypatch.setattr(queries, "trust_mark", down)
    assert wiring.inspector() is before


@pytest.mark.usefixtures("house", "every_call")
def test_a_file_that_breaks_leaves_the_lists_that_were_read(
    newsrooms: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "newsrooms.pem"
    path.write_bytes(newsrooms)
    monkeypatch.setattr(wiring, "_list_files", lambda: [path])
    monkeypatch.setattr(wiring, "config", lambda: _Config(path))
    assert names() == ["newsrooms"]
    path.write_text("half of a cop")
    assert names() == ["newsrooms"]
    path.write_bytes(newsrooms)
    os.utime(path, ns=(1, 1))
    assert names() == ["newsrooms"]


class _Config:
    """TRUST_LISTS alone."""

    def __init__(self, path: Path) -> None:
        self.trust_lists = (path,)
        self.signer_urls = ("file:elsewhere",)
