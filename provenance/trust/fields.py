"""Reading a published list's JSON: bounded, each value checked before it is used."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provenance.errors import TrustListInvalid

MAX_BYTES = 8 * 1024 * 1024
"""The official lists are below 250 KB."""
MAX_TEXT = 300


def check_size(document: bytes) -> None:
    """Raises TrustListInvalid `trust_list_too_large` over 8 MiB."""
    if len(document) > MAX_BYTES:
        raise TrustListInvalid("The trust list is over 8 MiB.", code="trust_list_too_large")


def read_json(document: bytes) -> Any:
    """The UTF-8 JSON in `document`. Raises TrustListInvalid for anything else, and for more than 8 MiB."""
    check_size(document)
    try:
        return json.loads(document.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise TrustListInvalid("The trust list is no readable JSON.") from error


def printable(text: str, most: int = MAX_TEXT) -> str:
    """`text` cut to `most` characters, with U+FFFD for what no line can show and no database may hold."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:most])


def obj(value: Any, what: str) -> Mapping[str, Any]:
    """A JSON object. Raises TrustListInvalid naming `what` for anything else; so do the others here."""
    if not isinstance(value, dict):
        raise TrustListInvalid(f"The list's {what} is no JSON object.")
    return value


def array(holder: Mapping[str, Any], key: str) -> list[Any]:
    """The array under `key`; empty where it is absent or null."""
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise TrustListInvalid(f"The list's {key} is no JSON array.")
    return value


def text(holder: Mapping[str, Any], key: str) -> str:
    """The text under `key`, at most 300 characters; "" where it is absent or null."""
    value = holder.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise TrustListInvalid(f"The list's {key} is no text of at most {MAX_TEXT} characters.")
    return value


def number(holder: Mapping[str, Any], key: str, most: int) -> int | None:
    """The whole number from 0 to `most` under `key`; None where it is absent or null."""
    value = holder.get(key)
    if value is not None and (type(value) is not int or not 0 <= value <= most):
        raise TrustListInvalid(f"The list's {key} is no whole number from 0 to {most}.")
    return value


def moment(holder: Mapping[str, Any], key: str) -> datetime | None:
    """The time under `key`, RFC 3339, or a day alone; None where it is absent or null."""
    written = text(holder, key)
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
        # Also refuses what cannot be told in UTC, as the last hours of year 9999 west of Greenwich.
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TrustListInvalid(f"The list's {key} is no date.") from error
