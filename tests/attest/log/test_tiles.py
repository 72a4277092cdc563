import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import LogInconsistent, ProofInvalid
from attest.log.checkpoint import open_checkpoint
from attest.log.merkle import inclusion_proof, leaf_hash, root_of, verify_inclusion
from attest.log.note import VerifierKey
from attest.log.store import TileHashes, TileMissing, TileStore
from attest.log.tiles import (
    encode_entries,
    encode_hashes,
    entries_path,
    parse_entries,
    parse_hashes,
    parse_path,
    tile_path,
    tiles_of,
)

# The key that Tessera's authors publish for their test log.
PUBLIC_LOG = VerifierKey.parse(
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
)


def test_the_public_log_rebuilds_from_its_entry_bundles(shared: Path) -> None:
    root = shared / "vectors" / "tlog-tiles" / "testdata" / "log"
    store, seen = TileStore(root), 0
    for path in root.glob("checkpoint.*"):
        checkpoint = open_checkpoint(path.read_text(), PUBLIC_LOG)
        if checkpoint.size == 0:
            assert checkpoint.root == root_of([])
            continue
        bundle = store.read(entries_path(0, checkpoint.size))
        tile = store.read(tile_path(0, 0, checkpoint.size))
        assert bundle is not None
        assert tile is not None
        entries = parse_entries(bundle, checkpoint.size)
        assert encode_entries(entries) == bundle
        hashes = [leaf_hash(entry) for entry in entries]
        assert encode_hashes(hashes) == tile
        assert root_of(hashes) == checkpoint.root
        for index, hashed in enumerate(hashes):
            proof = inclusion_proof(index, checkpoint.size, TileHashes(store, checkpoint.size))
            verify_inclusion(index, checkpoint.size, hashed, proof, checkpoint.root)
        seen += 1
    assert seen == 15


def test_many_proofs_of_one_tree_keep_a_bounded_number_of_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attest.log.store.KEPT_TILES", 3)
    store, size = TileStore(tmp_path), 2000
    hashes = [leaf_hash(str(each).encode()) for each in range(size)]
    for index, width in tiles_of(size, 0):
        store.write(tile_path(0, index, width), encode_hashes(hashes[index * 256 : index * 256 + width]))
    above = [root_of(hashes[first : first + 256]) for first in range(0, size - 255, 256)]
    store.write(tile_path(1, 0, len(above)), encode_hashes(above))
    read, root = TileHashes(store, size), root_of(hashes)
    for index in random.Random(1).sample(range(size), 200):
        verify_inclusion(index, size, hashes[index], inclusion_proof(index, size, read), root)
        assert len(read._tiles) <= 3


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(1, 0, 5) == "tile/1/000.p/5"
    assert entries_path(999, 255) == "tile/entries/999.p/255"
    assert entries_path(1000) == "tile/entries/x001/000"


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_every_path_reads_back(level: int | None, index: int, width: int) -> None:
    path = entries_path(index, width) if level is None else tile_path(level, index, width)
    assert parse_path(path) == (level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/entries/x1/000",
        "tile/0/٠٠٠",
        "../tile/0/000",
    ],
)
def test_a_foreign_path_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(ProofInvalid) as refused:
        TileStore(tmp_path).read(path)
    assert refused.value.code == "tile_path_invalid"


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_entry_bundles_read_back_and_refuse_another_width(entries: list[bytes]) -> None:
    bundle = encode_entries(entries)
    assert list(parse_entries(bundle, len(entries))) == entries
    for data, width in ((bundle, len(entries) + 1), (bundle + b"\x00", len(entries))):
        with pytest.raises(ProofInvalid):
            parse_entries(data, width)


def test_a_tile_of_another_length_is_refused() -> None:
    with pytest.raises(ProofInvalid):
        parse_hashes(bytes(33), 1)


def test_an_oversized_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="65,535"):
        encode_entries([bytes(65_536)])


def test_a_tile_never_changes_unless_it_is_repaired(tmp_path: Path) -> None:
    store, path = TileStore(tmp_path), tile_path(0, 0, 1)
    assert store.write(path, bytes(32))
    assert not store.write(path, bytes(32))
    with pytest.raises(LogInconsistent) as refused:
        store.write(path, b"\x01" * 32)
    assert refused.value.code == "tile_differs"
    assert store.write(path, b"\x01" * 32, repair=True)
    assert store.read(path) == b"\x01" * 32
    assert [each.name for each in (tmp_path / "tile/0/000.p").iterdir()] == ["1"]


def test_a_pruned_partial_tile_is_cut_from_the_full_one(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    entries = [str(each).encode() for each in range(256)]
    hashes = [leaf_hash(each) for each in entries]
    store.write(entries_path(0, 3), encode_entries(entries[:3]))
    store.write(entries_path(0), encode_entries(entries))
    store.write(tile_path(0, 0), encode_hashes(hashes))
    store.prune_partials(None, 0)
    assert not (tmp_path / "tile/entries/000.p").exists()
    assert store.read(entries_path(0, 3)) == encode_entries(entries[:3])
    assert store.read(tile_path(0, 0, 200)) == encode_hashes(hashes[:200])


def test_a_missing_or_short_tile_says_so(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    with pytest.raises(TileMissing):
        TileHashes(store, 2)(0, 0)
    (tmp_path / "tile/0/000.p").mkdir(parents=True)
    (tmp_path / "tile/0/000.p/2").write_bytes(b"short")
    with pytest.raises(TileMissing):
        TileHashes(store, 2)(0, 0)


def test_a_full_disk_leaves_no_temporary_file(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    blocked = tmp_path / "tile/0/000.p/1"
    blocked.mkdir(parents=True)
    with pytest.raises(OSError, match=r"."):
        store._replace(blocked, bytes(32))
    assert [each.name for each in blocked.parent.iterdir()] == ["1"]
