"""The second stage's value: what the content credentials in these bytes say, axis by axis."""

from dataclasses import dataclass
from enum import StrEnum

from provenance.trust.products import Product as Product  # noqa: PLC0414, readers of an Inspection look for it here


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
class Statement:
    """One axis in one sentence: `axis` and `value` as in the report, and the C2PA codes it rests on."""

    axis: str
    value: str
    sentence: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """What one trust list says of the signer: `trusted` or `unknown`. `sha256` is the list's own digest."""

    name: str
    version: str
    sha256: str
    verdict: str


@dataclass(frozen=True, slots=True)
class NamedIdentity:
    """A CAWG identity assertion: who else put their name to it, and how far that holds.

    `status` is `trusted`, `untrusted` or `invalid`; it never decides the credential itself.
    """

    name: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the reader found. Digests are lower-case hex; None where the file carries no such thing.

    `signer` is the leaf certificate's subject as printed there (anyone can print any name);
    `trust_list` names the list that anchors it and `trust_lists` says of each list in force whether it does;
    times are RFC 3339: `stamped_at` is a time-stamping authority's (named in `stamped_by`), trusted only if
    `time` is `timestamped`; `claimed_at` is the signer's own word; `signed_at` is the best of the two.
    `valid_from` and `valid_to` bound the signing certificate. `revoked_at` is what its authority says, asked
    for as `revocation_source` says (`stapled` or `fetched`). `padding_hex` is the non-zero padding, cut at
    1,024 bytes. `ancestors` are the claims' digests, as `claim_sha256` is one, of the ingredients whose
    manifests the file carries and that hold.
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
    trust_lists: tuple[ListVerdict, ...] = ()
    product: Product | None = None
    identities: tuple[NamedIdentity, ...] = ()
    revoked_at: str | None = None
    revocation_source: str | None = None
    stamped_at: str | None = None
    stamped_by: str | None = None
    claimed_at: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    padding_hex: str = ""
    statements: tuple[Statement, ...] = ()
    ancestors: tuple[str, ...] = ()
