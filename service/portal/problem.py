"""A refusal for a person: one sentence beside the form, with its stable code."""

from dataclasses import dataclass

from service import rate
from service.errors import KNOWN_ERRORS, KnownError

KNOWN = KNOWN_ERRORS
_STATUS = {"too_large": 413, "unsupported_type": 415, "storage_full": 507}


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
        status = _STATUS.get(error.code, 503 if later else 422)
        return cls(error.code, str(error), status, later)

    @classmethod
    def too_often(cls) -> "Problem":
        """The caller is over the rate."""
        wait = round(rate.seconds_left())
        return cls("rate_limited", f"That was too often. Try again in {wait} seconds.", 429, True)
