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


LOCAL_CHAINS = frozenset({1337, 31337})


def chain_trust(chain_id: int) -> str:
    """ "none" for a chain that its operator can rewrite at will, "public" for every other."""
    return "none" if chain_id in LOCAL_CHAINS else "public"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One checkpoint's place on one chain.

    `registry` is the contract's checksummed address; `time` is the block's time (RFC 3339) or None when
    only the transaction is known; `trust` is "none" for a local chain, "unchecked" where nobody asked
    the chain (a proof can name any), and "public" otherwise.
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
    """Log and registry on one set of digests; leaf fields are None when `registration` is none.

    `leaf_sha256` is the RFC 6962 leaf hash in hex; `attested_at` is the operator's clock, a claim and not
    evidence; `matched` says by which digest: `file` (these very bytes), `asset` (the bytes as they were
    uploaded, before signing) or `claim` (same claim and hard binding, other bytes: a variant). `problems`
    are (code, sentence) pairs that a reader must weigh; they do not undo the registration.
    """

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
    matched: str | None = None
