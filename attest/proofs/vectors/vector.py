"""One test vector: a bundle, what the verifier knows, and what it must say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from attest.proofs.bundle import ProofBundle
from attest.proofs.vectors.materials import FILE, KEY

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Vector:
    """`bundle` is a JSON object, or the very text where JSON itself is at stake.

    `problems` are the codes that a verifier says, in any order; `code` is that of a refusal.
    """

    name: str
    bundle: ProofBundle | Json | str
    problems: tuple[str, ...] = ()
    result: str = "verified"
    code: str | None = None
    digests: Mapping[str, str] = field(default_factory=lambda: FILE)
    log_key: str | None = str(KEY.vkey)
    witnesses: tuple[str, ...] = ()
    block_hashes: tuple[str, ...] = ()
    log_ids: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """The vector as it is published."""
        bundle = self.bundle.to_object() if isinstance(self.bundle, ProofBundle) else self.bundle
        expected = {"result": self.result, "code": self.code, "problems": sorted(self.problems)}
        return {
            "name": self.name,
            "bundle": bundle,
            "digests": dict(self.digests),
            "log_key": self.log_key,
            "witnesses": list(self.witnesses),
            "block_hashes": list(self.block_hashes),
            "log_ids": list(self.log_ids),
            "expect": expected,
        }


def refused(name: str, code: str, bundle: ProofBundle | Json | str, **knows: Any) -> Vector:
    """A vector that must be refused with that code."""
    return Vector(name, bundle, result="refused", code=code, **knows)
