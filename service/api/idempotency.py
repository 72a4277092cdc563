"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): which keys we take."""

import re

from service.api.errors import ApiError

_KEY = re.compile(r"[\x21-\x7e]{1,150}")


def idempotency_key(value: str | None) -> str | None:
    """The key, or None where none was sent.

    Raises ApiError `invalid_idempotency_key` unless it is 1 to 150 visible ASCII characters.
    """
    if value is None:
        return None
    if not _KEY.fullmatch(value):
        raise ApiError("invalid_idempotency_key", "An Idempotency-Key is 1 to 150 visible ASCII characters.")
    return value
