"""Where `attest` writes: beside the source or into --out, and never over a file that is there."""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROOF_SUFFIX = ".assay.json"
STORE_SUFFIX = ".c2pa"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What one attestation left: `signed` for an embedded credential, `store` for a sidecar."""

    signed: Path | None
    store: Path | None
    proof: Path


def signed_name(source: Path) -> str:
    """`photo.jpg` → `photo.signed.jpg`."""
    return f"{source.stem}.signed{source.suffix}"


def write_embedded(source: Path, folder: Path, signed: Iterable[bytes], proof: str) -> Outputs:
    """Write the signed file and, named after it, its proof."""
    path = _write_new(folder / signed_name(source), signed)
    return Outputs(path, None, _write_new(path.with_name(path.name + PROOF_SUFFIX), [proof.encode()]))


def write_sidecar(source: Path, folder: Path, store: Iterable[bytes], proof: str) -> Outputs:
    """Write the manifest store and the proof, both named after the source, whose bytes are unchanged."""
    sidecar = _write_new(folder / (source.name + STORE_SUFFIX), store)
    return Outputs(None, sidecar, _write_new(folder / (source.name + PROOF_SUFFIX), [proof.encode()]))


def _write_new(path: Path, chunks: Iterable[bytes]) -> Path:
    """Write to `path`, or `stem-2.ext` and so on where that exists; whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".assay-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        temporary.chmod(0o666 & ~_umask())
        return _link_free(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _link_free(temporary: Path, path: Path) -> Path:
    # A hard link fails where the name is taken, so two runs at once cannot overwrite each other.
    target, count = path, 1
    while True:
        try:
            os.link(temporary, target)
        except FileExistsError:
            count += 1
            target = _numbered(path, count)
        else:
            return target


def _numbered(path: Path, count: int) -> Path:
    for suffix in (PROOF_SUFFIX, STORE_SUFFIX):
        if path.name.endswith(suffix):
            return path.with_name(f"{path.name.removesuffix(suffix)}-{count}{suffix}")
    return path.with_name(f"{path.stem}-{count}{path.suffix}")


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
