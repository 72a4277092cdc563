"""A refusal for a person: one sentence beside the form, with its stable code."""

from dataclasses import dataclass

from service.errors import KNOWN_ERRORS, KnownError

KNOWN = KNOWN_ERRORS
_STATUS = {"too_large": 413, "file_too_large": 413, "unsupported_type": 415, "disk_full": 507}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong. `again` says that the same request may succeed later."""

    code: str
    sentence: str
    status: int = 422
    again: bool = False

    @classmethod
    def of(cls, error: KnownError) -> "Problem":
        """From any engine's error."""
        later = not error.permanent
        return cls(error.code, str(error), 503 if later else _STATUS.get(error.code, 422), later)
