"""The log's files over HTTP, as C2SP tlog-tiles wants them."""

import os

import pytest

from attest.log.tiles import encode_entries, entries_path, tile_path
from service import wiring


@pytest.fixture
def tiles(db):
    store = wiring.tile_store()
    full = os.urandom(256 * 32)
    first = 987_000
    store.write(tile_path(0, first), full, repair=True)
    store.write(tile_path(0, first + 1, 5), full[:160], repair=True)
    store.write(entries_path(first, 2), encode_entries([b"a", b"bb"]), repair=True)
    return first, full


def test_a_full_and_a_partial_tile_are_served_for_ever(api, tiles):
    _, full = tiles
    response = api.get("/log/tile/0/x987/000")
    assert response.content == full
    assert response["Content-Type"] == "application/octet-stream"
    assert "immutable" in response["Cache-Control"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert api.get("/log/tile/0/x987/001.p/5").content == full[:160]
    # Pruned, but still cut out of the full one.
    assert api.get("/log/tile/0/x987/000.p/3").content == full[:96]


def test_an_entry_bundle_is_served(api, tiles):
    assert api.get("/log/tile/entries/x987/000.p/2").content == b"\x00\x01a\x00\x02bb"


def test_a_checkpoint_is_text_that_soon_goes_stale(api, db):
    wiring.tile_store().write_checkpoint("assay.test/log\n1\nAAAA\n\n— sig\n")
    response = api.get("/log/checkpoint")
    assert response.content.decode().startswith("assay.test/log\n")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "immutable" not in response["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/999",
        "tile/0/1",
        "tile/00/000",
        "tile/0/x987/000.p/256",
        "tile/0/x987/000.p/0",
        "tile/0/x987/000.p/",
        "tile/0/x000/000",
        "tile/0/x987/000%0a",
        "tile/64/000",
        "tile/0/../../secrets/log_key",
        "tile/0/%2e%2e/%2e%2e/secrets/log_key",
        "tile/0/..%2f..%2f..%2fsecrets%2flog_key",
        "tile/data/000",
        "tile/",
        "tile",
        "checkpoint/",
        "secrets/log_key",
        "%00",
        "",
    ],
)
def test_any_other_path_is_not_found_and_reads_nothing(api, tiles, path, problem):
    problem(api.get(f"/log/{path}"), 404, "not_found")


def test_the_log_is_only_read(api, problem):
    problem(api.post("/log/checkpoint"), 405, "method_not_allowed")
    problem(api.delete("/log/tile/0/000"), 405, "method_not_allowed")
