"""What a time stamp is over, whichever kind it is."""

from attest.timestamps import calendars, rfc3161


def stamped_digest(kind: str, data: bytes) -> bytes:
    """The SHA-256 digest that a stored time stamp is over. Raises TimestampInvalid."""
    return rfc3161.imprint(data) if kind == "rfc3161" else calendars.digest_of(data)
