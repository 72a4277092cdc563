"""Cursors over a list ordered by time and id, newest first: opaque, and stable while rows arrive."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q

from service.api.errors import ApiError

MAX_CHARACTERS = 200


def write(created_at: datetime, row: UUID) -> str:
    """The cursor that stands after the row of this time (aware) and id."""
    return base64.urlsafe_b64encode(f"{created_at.isoformat()} {row}".encode()).decode().rstrip("=")


def read(cursor: str) -> tuple[datetime, UUID]:
    """The time and id in a cursor. Raises ApiError `invalid_cursor`."""
    try:
        padded = cursor[:MAX_CHARACTERS].encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        moment, _, row = text.partition(" ")
        # In UTC, as the database compares it: the first and last days of the calendar have no UTC.
        created_at, last = datetime.fromisoformat(moment), UUID(row)
        if created_at.tzinfo is not None:
            created_at = created_at.astimezone(UTC)
    except (ValueError, binascii.Error, OverflowError) as error:
        raise ApiError("invalid_cursor") from error
    if created_at.tzinfo is None:
        raise ApiError("invalid_cursor")
    return created_at, last


def older_than(created_at: datetime, row: UUID) -> Q:
    """The rows that come after the cursor."""
    return Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=row)
