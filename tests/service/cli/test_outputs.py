"""What `attest` writes never takes another file's place."""

from pathlib import Path

import pytest

from service.cli.outputs import write_embedded, write_sidecar


def test_the_signed_file_lies_beside_its_source_with_its_proof(tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(b"source")
    made = write_embedded(source, tmp_path, [b"sig", b"ned"], "{}")
    assert made.signed == tmp_path / "photo.signed.jpg"
    assert made.signed.read_bytes() == b"signed"
    assert made.proof.name == "photo.signed.jpg.assay.json"
    assert source.read_bytes() == b"source"


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    first = write_embedded(source, tmp_path, [b"1"], "1")
    second = write_embedded(source, tmp_path, [b"2"], "2")
    assert first.signed is not None
    assert second.signed == tmp_path / "photo.signed-2.jpg"
    assert (first.signed.read_bytes(), second.signed.read_bytes()) == (b"1", b"2")
    assert second.proof == tmp_path / "photo.signed-2.jpg.assay.json"


def test_a_sidecar_is_named_after_its_file(tmp_path: Path) -> None:
    made = write_sidecar(tmp_path / "note.txt", tmp_path / "out", [b"store"], "{}")
    again = write_sidecar(tmp_path / "note.txt", tmp_path / "out", [b"store"], "{}")
    assert made.store is not None
    assert again.store is not None
    assert (made.store.name, made.proof.name) == ("note.txt.c2pa", "note.txt.assay.json")
    assert (again.store.name, again.proof.name) == ("note.txt-2.c2pa", "note.txt-2.assay.json")


def test_a_broken_stream_leaves_nothing(tmp_path: Path) -> None:
    def chunks() -> object:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_embedded(tmp_path / "photo.jpg", tmp_path, chunks(), "{}")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
