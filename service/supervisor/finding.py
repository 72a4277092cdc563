"""What `assay doctor` says of one place."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a place is filled."""

    LIVE = "live"
    EMBEDDED = "embedded"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place: what stands there, how it is, and what that costs you (empty where it costs nothing)."""

    place: str
    health: Health
    what: str
    cost: str = ""
