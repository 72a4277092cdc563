"""The proof that belongs to a file: named by the caller, or lying beside it under its name."""

from dataclasses import dataclass
from pathlib import Path

from attest.errors import ProofInvalid
from attest.proofs.bundle import MAX_BYTES, ProofBundle
from service.cli.outputs import PROOF_SUFFIX, STORE_SUFFIX
from service.cli.safe import safe


@dataclass(frozen=True, slots=True)
class Companions:
    """What lies beside a file. None where there is nothing."""

    proof: Path | None
    store: Path | None


def companions(file: Path, proof: Path | None = None) -> Companions:
    """`proof` if given, else `photo.jpg.assay.json` or `photo.assay.json`; the sidecar `.c2pa` likewise."""
    return Companions(proof or _beside(file, PROOF_SUFFIX), _beside(file, STORE_SUFFIX))


def _beside(file: Path, suffix: str) -> Path | None:
    for name in (file.name + suffix, file.stem + suffix):
        candidate = file.with_name(name)
        if candidate.is_file() and candidate != file:
            return candidate
    return None


def load(path: Path) -> ProofBundle:
    """Read a proof. Raises ProofInvalid `proof_malformed`, also where the file cannot be read."""
    try:
        with path.open("rb") as file:
            return ProofBundle.parse(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise ProofInvalid(
            f"The proof {safe(path.name)} cannot be read: {error.strerror}.", code="proof_malformed"
        ) from error
