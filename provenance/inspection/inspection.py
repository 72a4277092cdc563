"""The second stage's value: what the content credentials in these bytes say, axis by axis."""

from dataclasses import dataclass
from enum import StrEnum


class Credential(StrEnum):
    """The worst finding over the whole ingredient chain (DESIGN section 3)."""

    TRUSTED = "trusted"
    UNTRUSTED_ISSUER = "untrusted_issuer"
    INVALID = "invalid"
    NONE = "none"
    UNCHECKED = "unchecked"


class Revocation(StrEnum):
    """What is known of the signing certificate's revocation."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class SigningTime(StrEnum):
    """How far the signing time can be believed."""

    TIMESTAMPED = "timestamped"
    CLAIMED = "claimed"
    NONE = "none"


class History(StrEnum):
    """Whether the ingredient chain holds together."""

    INTACT = "intact"
    TAMPERED_INGREDIENT = "tampered_ingredient"
    ERASED = "erased"


class Origin(StrEnum):
    """How the content came to be, as declared by its signer."""

    AI_GENERATED = "ai_generated"
    AI_EDITED = "ai_edited"
    HUMAN = "human"
    COMPOSITE = "composite"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One validation status: its C2PA code, a sentence, and the ingredient meant (depth 0 is the file)."""

    code: str
    sentence: str
    depth: int
    title: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the reader found. Digests are lower-case hex; None where the file carries no such thing.

    `signer` is the leaf certificate's subject as printed there (anyone can print any name);
    `trust_list` names the list that anchors it; `signed_at` is RFC 3339, believed only as `time` says.
    """

    credential: Credential
    revocation: Revocation = Revocation.UNKNOWN
    time: SigningTime = SigningTime.NONE
    history: History = History.INTACT
    origin: Origin = Origin.UNKNOWN
    digital_source_type: str | None = None
    signer: str | None = None
    trust_list: str | None = None
    signed_at: str | None = None
    generator: str | None = None
    title: str | None = None
    manifest_label: str | None = None
    claim_sha256: str | None = None
    binding_sha256: str | None = None
    padding_bytes: int = 0
    findings: tuple[Finding, ...] = ()
