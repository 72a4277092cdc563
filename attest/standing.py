"""The lookup stage's value: what the log and the registry know of these digests."""

from dataclasses import dataclass
from enum import StrEnum


class Registration(StrEnum):
    """What the log says; `attested_copy` is added by the report, since it needs the detector."""

    ATTESTED = "attested"
    ATTESTED_VARIANT = "attested_variant"
    REVOKED = "revoked"
    NONE = "none"


class Finality(StrEnum):
    """How settled an anchor is."""

    PENDING = "pending"
    INCLUDED = "included"
    FINAL = "final"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One checkpoint's place on one chain.

    `registry` is the contract's checksummed address; `time` is the block's time (RFC 3339) or None when
    only the transaction is known; `trust` is "none" for a local chain and "public" otherwise.
    """

    chain_id: int
    registry: str
    block: int | None
    time: str | None
    finality: Finality
    trust: str
    transaction: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Log and registry on one set of digests; leaf fields are None when `registration` is none."""

    registration: Registration
    leaf_index: int | None = None
    leaf_sha256: str | None = None
    log_origin: str | None = None
    log_key: str | None = None
    attested_at: str | None = None
    source_type: str | None = None
    checkpoint_size: int | None = None
    revoked_at: str | None = None
    anchors: tuple[Anchor, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
