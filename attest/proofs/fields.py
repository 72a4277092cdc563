"""Reading JSON strictly: bounded, without duplicate names, every field of one known type."""

import json
import re
from typing import Any, TypeVar

from attest.errors import ProofInvalid
from attest.log.note import decode_base64

T = TypeVar("T")
MAX_INTEGER = 2**53 - 1


def malformed(sentence: str) -> ProofInvalid:
    """The refusal of a proof that is not what the format says."""
    return ProofInvalid(sentence, code="proof_malformed")


def load_object(data: bytes, limit: int) -> "Fields":
    """Read one JSON object of at most `limit` bytes. Raises ProofInvalid (`proof_malformed`)."""
    if len(data) > limit:
        raise malformed(f"A proof has at most {limit} bytes.")
    try:
        body = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise malformed("The proof is not JSON, or repeats a name.") from error
    return Fields(body, "The proof")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


class Fields:
    """One JSON object being taken apart; `done()` refuses what nobody took. Errors name the place."""

    def __init__(self, body: object, place: str) -> None:
        """Take apart `body`, called `place` in errors."""
        if not isinstance(body, dict):
            raise malformed(f"{place} is not an object.")
        self._rest: dict[str, Any] = dict(body)
        self._place = place

    def done(self) -> None:
        """Refuse fields that the format does not have."""
        if self._rest:
            # Not the name itself: it is a stranger's text of any length.
            raise malformed(f"{self._place} has a field that the format does not know.")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._rest.get(name) is not None

    def _take(self, name: str, kind: type[T]) -> T:
        value = self._rest.pop(name, None)
        # bool is an int in Python, and never one in a proof.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise malformed(f"{self._place} needs the field {name}, in another type.")
        return value

    def skip(self, name: str) -> None:
        """Pass over an optional field that is absent or null."""
        self._rest.pop(name, None)

    def text(self, name: str, limit: int, pattern: str | None = None) -> str:
        """A string of at most `limit` characters, valid Unicode, matching `pattern` in full."""
        value = self._take(name, str)
        if len(value) > limit or (pattern is not None and not re.fullmatch(pattern, value)):
            raise malformed(f"{self._place} has a malformed {name}.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise malformed(f"{self._place} has a malformed {name}.") from error
        return value

    def integer(self, name: str) -> int:
        """A whole number from 0 to 2**53 - 1."""
        value = self._take(name, int)
        if not 0 <= value <= MAX_INTEGER:
            raise malformed(f"{self._place} has {name} out of range.")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._take(name, bool)

    def binary(self, name: str, limit: int) -> bytes:
        """Base64 of at most `limit` bytes, in its one canonical spelling."""
        value = self._take(name, str)
        return self._decode(value, name, limit)

    def _decode(self, value: str, name: str, limit: int) -> bytes:
        try:
            raw = decode_base64(value) if len(value) <= limit * 4 // 3 + 4 else None
        except ValueError:
            raw = None
        if raw is None or len(raw) > limit:
            raise malformed(f"{self._place} has a malformed {name}.")
        return raw

    def binaries(self, name: str, limit: int, size: int) -> tuple[bytes, ...]:
        """A list of at most `limit` byte strings of at most `size` bytes each, in base64."""
        values = self._take(name, list)
        if len(values) > limit or not all(isinstance(each, str) for each in values):
            raise malformed(f"{self._place} has a malformed {name}.")
        return tuple(self._decode(each, name, size) for each in values)

    def hashes(self, name: str, limit: int) -> tuple[bytes, ...]:
        """A list of at most `limit` hashes, 32 bytes each in base64."""
        decoded = self.binaries(name, limit, 32)
        if any(len(each) != 32 for each in decoded):
            raise malformed(f"{self._place} has a malformed {name}.")
        return decoded

    def within(self, name: str) -> "Fields":
        """An object inside this one."""
        return Fields(self._take(name, dict), f"{self._place}'s {name}")

    def each(self, name: str, limit: int) -> list["Fields"]:
        """A list of at most `limit` objects."""
        values = self._take(name, list)
        if len(values) > limit:
            raise malformed(f"{self._place} has too many {name}.")
        return [Fields(value, f"{self._place}'s {name}") for value in values]

    def strings(self, limit: int, length: int) -> dict[str, str]:
        """All that is left, as at most `limit` strings by name."""
        if len(self._rest) > limit:
            raise malformed(f"{self._place} has too many fields.")
        return {name: self.text(name, length) for name in list(self._rest)}
