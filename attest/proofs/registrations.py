"""Under which ids a log is registered in the registries, said by its own key.

A registry lets anybody register any Ed25519 key, and a revocation is written under a log's id. So a proof
could name a stranger's id, under which the true log's root was anchored too but nothing is ever revoked.
This note, signed by the log's key, names the true ones:

    <origin>\n
    assay.registrations/1\n
    0x<log id, 64 lower-case hex digits>\n
    [0x<another>\n …]

Its second line is no number, so it can never pass for a checkpoint.
"""

import re
from collections.abc import Iterable

from attest.errors import ProofInvalid
from attest.log.keys import LogKey
from attest.log.note import Note, VerifierKey

MAX_IDS = 64
_MARK = "assay.registrations/1"
_ID = re.compile(r"0x[0-9a-f]{64}")


def sign_registrations(key: LogKey, log_ids: Iterable[str]) -> str:
    """The note over these ids (0x hex). Raises ValueError on none, more than 64 or a malformed one."""
    ids = sorted({each.lower() for each in log_ids})
    if not 0 < len(ids) <= MAX_IDS or not all(_ID.fullmatch(each) for each in ids):
        raise ValueError("registrations name 1 to 64 log ids of 32 bytes")
    return str(key.sign("".join(f"{line}\n" for line in (key.vkey.name, _MARK, *ids))))


def open_registrations(note: str, key: VerifierKey) -> frozenset[str]:
    """The ids that the log's key names. Raises ProofInvalid (`registrations_invalid`)."""
    try:
        parsed = Note.parse(note)
        parsed.verified_by([key])
    except ProofInvalid as error:
        raise _invalid("The log's registrations are not signed by its key.") from error
    lines = parsed.text[:-1].split("\n")
    ids = lines[2:]
    if lines[:2] != [key.name, _MARK] or not 0 < len(ids) <= MAX_IDS:
        raise _invalid("The log's registrations are malformed.")
    if ids != sorted(set(ids)) or not all(_ID.fullmatch(each) for each in ids):
        raise _invalid("The log's registrations are malformed.")
    return frozenset(ids)


def _invalid(sentence: str) -> ProofInvalid:
    return ProofInvalid(sentence, code="registrations_invalid")
