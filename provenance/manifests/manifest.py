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


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the attester says of the content. `parents` are paths of files it was made from."""

    source_type: SourceType
    title: str
    parents: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A signed C2PA manifest store and the asset it binds.

    `embedded` says that `signed_path` carries the store inside; otherwise `store_path` is the sidecar
    (application/c2pa) and `signed_path` holds the content unchanged. Digests are lower-case hex SHA-256.
    """

    signed_path: Path
    store_path: Path
    embedded: bool
    media_type: str
    signed_sha256: str
    store_sha256: str
    claim_sha256: str
    binding_sha256: str
