"""The sixth stage's value, and what the caller declares to get it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from provenance.inspection.inspection import Origin


class SourceType(StrEnum):
    """What an attester may declare; `human` is a camera's picture or a person's own writing."""

    HUMAN = "human"
    HUMAN_CREATION = "human_creation"
    AI_GENERATED = "ai_generated"
    AI_EDITED = "ai_edited"
    COMPOSITE = "composite"
    SCREEN_CAPTURE = "screen_capture"

    @property
    def origin(self) -> Origin:
        """The report's origin axis for this declaration."""
        return _ORIGINS[self]


_ORIGINS = {
    SourceType.HUMAN: Origin.HUMAN,
    SourceType.HUMAN_CREATION: Origin.HUMAN,
    SourceType.AI_GENERATED: Origin.AI_GENERATED,
    SourceType.AI_EDITED: Origin.AI_EDITED,
    SourceType.COMPOSITE: Origin.COMPOSITE,
    SourceType.SCREEN_CAPTURE: Origin.UNKNOWN,
}


class TrainingChoice(StrEnum):
    """What the attester allows machine learning to do with the content (CAWG training and data mining)."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "notAllowed"
    CONSTRAINED = "constrained"


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """A fingerprint that finds the manifest again when it was stripped (C2PA 2.4 section 18.10).

    `algorithm` is a name of the C2PA soft-binding algorithm list, or a reverse-DNS one of our own; `value`
    is the code in the form that algorithm prescribes.
    """

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the attester says of the content, and how it is to be signed.

    `parents` are paths of files it was made from. `thumbnail` is a small JPEG of the content, made from the
    pixels that the fingerprints were made from. `keep_metadata` leaves GPS and other private metadata in the
    signed copy; `accept_broken_parent` signs over an upload whose own credential does not hold, and the
    manifest then says so; `embed_text` puts the manifest into a text itself (C2PA 2.4 appendix A.8).
    """

    source_type: SourceType
    title: str
    parents: tuple[Path, ...] = ()
    thumbnail: bytes | None = None
    soft_bindings: tuple[SoftBinding, ...] = ()
    training: TrainingChoice | None = None
    author: str | None = None
    keep_metadata: bool = False
    accept_broken_parent: bool = False
    embed_text: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """A signed C2PA manifest store and the asset it binds.

    `embedded` says that `signed_path` carries the store inside; otherwise `store_path` is the sidecar
    (application/c2pa) and `signed_path` holds the content unchanged. Digests are lower-case hex SHA-256.
    `label` is the active manifest's own identifier ("urn:c2pa:…"). `removed` names the private metadata that
    the signed copy no longer holds.
    """

    signed_path: Path
    store_path: Path
    embedded: bool
    media_type: str
    signed_sha256: str
    store_sha256: str
    label: str
    claim_sha256: str
    binding_sha256: str
    removed: tuple[str, ...] = ()
