"""Reading back what was just signed: which results, and what of them may be broken.

Reading a result costs more than signing it, and what it can find goes wrong with a key, a format or an edit,
not with a file. So it is done on the first result of each media type, which is also each key's first use, on
one in a hundred after that (a device may change its mind), and always where an ingredient or text goes in:
such results are rare and each is built otherwise.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provenance.assets.asset import Asset
from provenance.errors import KeyMaterialInvalid, SigningRefused
from provenance.inspection import claim
from provenance.inspection.inspection import Credential, History, Inspection
from provenance.inspection.reader import Inspector
from provenance.inspection.sentences import Gravity, gravity

SAMPLE = 100
"""One in so many ordinary results of a kind is read back."""
_WRONG_KEY = frozenset({"claimSignature.mismatch", "signingCredential.invalid"})


@dataclass(slots=True)
class Sampling:
    """How many results of each media type one signer has made. Threads may share it."""

    _made: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_due(self, media_type: str) -> bool:
        """Whether a result of this type is to be read back; the first is until one has passed."""
        with self._lock:
            return self._made.get(media_type, 0) % SAMPLE == 0

    def passed(self, media_type: str) -> None:
        """Count one result that was handed over."""
        with self._lock:
            self._made[media_type] = self._made.get(media_type, 0) + 1


@dataclass(frozen=True, slots=True)
class Identified:
    """The active manifest's label ("urn:c2pa:…"), its claim's and its binding's digest."""

    label: str
    claim_sha256: str
    binding_sha256: str


def identify(store: bytes) -> Identified:
    """What tells a store that the SDK just made from any other, without reading the content.

    Raises SigningRefused `unsignable_media` where the store holds none.
    """
    found = claim.identity(store)
    if found.binding_sha256 is None:
        raise SigningRefused("The signed claim binds no content.", code="unsignable_media")
    return Identified(found.label, found.claim_sha256, found.binding_sha256)


def read_back(
    inspector: Inspector,
    made: Asset,
    sidecar: Path | None,
    identity: Identified,
    broken: Sequence[frozenset[str]],
) -> None:
    """Inspect what was made, as a stranger would, and compare its digests with `identity`.

    `broken` are the failures of each parent that the caller chose to sign over: some of each must show below
    the file itself, and nothing else may. Raises KeyMaterialInvalid, SigningRefused `unsignable_media`, and
    `broken_parent` where a parent's failures would be hidden.
    """
    found = inspector.inspect(made, sidecar)
    if any(item.depth == 0 and item.code in _WRONG_KEY for item in found.findings):
        raise KeyMaterialInvalid("The signing key or its certificate does not make a valid claim.")
    below = frozenset(item.code for item in found.findings if item.depth > 0)
    if any(not codes & below for codes in broken):
        raise SigningRefused("The broken parent could not be kept in the history.", code="broken_parent")
    known = frozenset(code for codes in broken for code in codes & below)
    digests = (found.claim_sha256, found.binding_sha256)
    if digests != (identity.claim_sha256, identity.binding_sha256) or not _holds(found, known):
        raise SigningRefused(
            "The signed file does not validate: this format or file cannot be signed.",
            code="unsignable_media",
        )


def failures(found: Inspection) -> frozenset[str]:
    """The C2PA codes for which a credential counts as broken.

    Our own findings are none, and neither are those of an identity that was named beside the signer.
    """
    return frozenset(
        item.code
        for item in found.findings
        if gravity(item.code) is Gravity.INVALID and not item.code.startswith(("assay.", "cawg."))
    ) - {"ingredient.unknownProvenance"}


def _holds(found: Inspection, known: frozenset[str]) -> bool:
    """Whether the result is sound, or broken in nothing but what its parents are known to be."""
    if found.credential is Credential.INVALID:
        return found.history is History.TAMPERED_INGREDIENT and failures(found) <= known
    return not known and found.credential in (Credential.TRUSTED, Credential.UNTRUSTED_ISSUER)
