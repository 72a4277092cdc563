"""The log's leaves: small RFC 8785 (canonical JSON) objects, and the openings of their commitments.

    {"commitments":{"asset":H,"binding":H,"claim":H,"file":H},"issued":"2026-11-23T07:30:00Z",
     "kind":"attestation","source_type":"human","version":1}
    {"issued":…,"kind":"revocation","reason":"…","target":{"hash":H,"index":N},"version":1}
    {"document":H,"issued":…,"kind":"policy"|"model"|"trust_list","name":"…","version":1}

    commitment = hex SHA-256(salt[32] || 0x00 || role || 0x00 || digest[32])

A leaf says nothing about a file to whoever lacks the salt: erasing the salt erases the link, not the leaf.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from attest.errors import ProofInvalid
from attest.log.merkle import leaf_hash

VERSION = 1
MAX_LEAF_BYTES = 4096
SALT_SIZE = 32
ROLES = frozenset({"file", "asset", "claim", "binding", "store"})
_HEX = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MAX_INDEX = 2**53 - 1


class Kind(StrEnum):
    """What a leaf records."""

    ATTESTATION = "attestation"
    REVOCATION = "revocation"
    POLICY = "policy"
    MODEL = "model"
    TRUST_LIST = "trust_list"


_FIELDS = {
    Kind.ATTESTATION: {"source_type", "commitments"},
    Kind.REVOCATION: {"target", "reason"},
    Kind.POLICY: {"name", "document"},
    Kind.MODEL: {"name", "document"},
    Kind.TRUST_LIST: {"name", "document"},
}


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds. Raises ValueError on a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Read what `format_time` writes. Raises ValueError on any other spelling."""
    if not _TIME.fullmatch(text):
        raise ValueError("a time is spelled YYYY-MM-DDTHH:MM:SSZ")
    return datetime.fromisoformat(text)


def check_digest(digest: str) -> str:
    """Return the digest. Raises ValueError unless it is 64 lower-case hex digits."""
    if not isinstance(digest, str) or not _HEX.fullmatch(digest):
        raise ValueError("a digest is 64 lower-case hex digits")
    return digest


def commitment(salt: bytes, role: str, digest: str) -> str:
    """Commit to one digest (hex SHA-256) under its role and a 32-byte salt."""
    return sha256(salt + b"\x00" + role.encode("ascii") + b"\x00" + bytes.fromhex(digest)).hexdigest()


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a leaf's commitments: its salt (32 secret random bytes) and hex SHA-256 digests by role.

    Roles: `file` the signed file's bytes, `asset` the bytes as uploaded, `claim` and `binding` the C2PA claim
    and hard binding, `store` the manifest store. Raises ValueError on another role or a malformed digest.
    """

    salt: bytes
    digests: Mapping[str, str]

    def __post_init__(self) -> None:
        """Check and freeze the digests."""
        if len(self.salt) != SALT_SIZE:
            raise ValueError("a salt has 32 bytes")
        if not self.digests or not ROLES.issuperset(self.digests):
            raise ValueError(f"the roles of an opening are among {', '.join(sorted(ROLES))}")
        for digest in self.digests.values():
            check_digest(digest)
        object.__setattr__(self, "digests", MappingProxyType(dict(self.digests)))

    def __repr__(self) -> str:
        # Never the salt: whoever reads a log line could then link the leaf to the file for ever.
        return f"Opening({', '.join(sorted(self.digests))})"

    @classmethod
    def fresh(cls, digests: Mapping[str, str]) -> "Opening":
        """An opening under a new random salt."""
        return cls(secrets.token_bytes(SALT_SIZE), digests)

    def commitments(self) -> dict[str, str]:
        """The commitments a leaf holds for these digests."""
        return {role: commitment(self.salt, role, digest) for role, digest in self.digests.items()}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf. Fields that its kind does not have are None or empty.

    `issued` is the operator's clock, UTC seconds: a claim, not evidence; `source_type` is what the attester
    declared; `target_index` and `target_hash` (hex leaf hash) name a revoked leaf; `document` is the hex
    SHA-256 of a policy, model or trust list called `name`. Raises ValueError on a malformed field.
    """

    kind: Kind
    issued: datetime
    source_type: str | None = None
    commitments: Mapping[str, str] = field(default_factory=dict)
    target_index: int | None = None
    target_hash: str | None = None
    reason: str | None = None
    name: str | None = None
    document: str | None = None

    def __post_init__(self) -> None:
        """Check every field against the kind."""
        issued = parse_time(format_time(self.issued))
        object.__setattr__(self, "issued", issued)
        object.__setattr__(self, "commitments", MappingProxyType(dict(self.commitments)))
        present = {
            "source_type": self.source_type is not None,
            "commitments": bool(self.commitments),
            "target": self.target_index is not None and self.target_hash is not None,
            "reason": self.reason is not None,
            "name": self.name is not None,
            "document": self.document is not None,
        }
        if {each for each, there in present.items() if there} != _FIELDS[self.kind]:
            raise ValueError(f"a leaf of kind {self.kind} has {', '.join(sorted(_FIELDS[self.kind]))}")
        self._check_values()

    def _check_values(self) -> None:
        for name in (self.source_type, self.name):
            if name is not None and not _NAME.fullmatch(name):
                raise ValueError("a name is lower-case letters, digits and underscores, at most 40")
        for digest in (self.target_hash, self.document):
            if digest is not None:
                check_digest(digest)
        for committed in self.commitments.values():
            check_digest(committed)
        if not ROLES.issuperset(self.commitments):
            raise ValueError("a commitment has an unknown role")
        if self.target_index is not None and not 0 <= self.target_index <= _MAX_INDEX:
            raise ValueError("the target is out of range")
        if self.reason is not None and not (0 < len(self.reason) <= 200 and self.reason.isprintable()):
            raise ValueError("a reason is printable and has 1 to 200 characters")

    def encode(self) -> bytes:
        """The leaf's bytes as they enter the log (RFC 8785)."""
        body: dict[str, Any] = {
            "version": VERSION,
            "kind": self.kind.value,
            "issued": format_time(self.issued),
        }
        if self.kind is Kind.ATTESTATION:
            body |= {"source_type": self.source_type, "commitments": dict(self.commitments)}
        elif self.kind is Kind.REVOCATION:
            target = {"index": self.target_index, "hash": self.target_hash}
            body |= {"target": target, "reason": self.reason}
        else:
            body |= {"name": self.name, "document": self.document}
        # For these bodies (ASCII names, integers, strings) this is what RFC 8785 asks for, at a twentieth of
        # the time of a whole implementation; a test holds it equal to one.
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
        return text.encode()

    def hash(self) -> bytes:
        """Its RFC 6962 leaf hash, 32 bytes."""
        return leaf_hash(self.encode())

    @classmethod
    def parse(cls, data: bytes) -> "Leaf":
        """Read a leaf strictly: version 1, no unknown field, canonical (it encodes to `data` again).

        Raises ProofInvalid (`leaf_malformed`).
        """
        try:
            leaf = cls._parse(data)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ProofInvalid("The leaf is malformed.", code="leaf_malformed") from error
        if leaf.encode() != data:
            raise ProofInvalid("The leaf is not in canonical form.", code="leaf_malformed")
        return leaf

    @classmethod
    def _parse(cls, data: bytes) -> "Leaf":
        if len(data) > MAX_LEAF_BYTES:
            raise ValueError("too long")
        body = json.loads(data.decode("utf-8"))
        if body.pop("version") != VERSION:
            raise ValueError("unknown version")
        kind, issued = Kind(body.pop("kind")), parse_time(body.pop("issued"))
        target = body.pop("target", {})
        if target:
            body |= {"target_index": target.pop("index"), "target_hash": target.pop("hash")}
        if target or type(body.get("target_index", 0)) is not int:
            raise ValueError("unknown field in the target")
        return cls(kind=kind, issued=issued, **body)

    def opened_by(self, opening: Opening) -> None:
        """Check that each digest of the opening fits the leaf's commitment of the same role.

        Raises ProofInvalid (`leaf_not_opened`). Roles that the opening leaves out stay closed.
        """
        for role, committed in opening.commitments().items():
            if self.commitments.get(role) != committed:
                raise ProofInvalid(f"The leaf does not commit to this {role} digest.", code="leaf_not_opened")
