"""The store that the SDK validated, told apart from decoys in the same file.

The SDK does not hand out the bytes it validated. A candidate from our own search counts as those bytes if
every manifest that the SDK prints has, in the candidate, the same label and a claim naming the same
assertions with the same digests, and if the signatures that the SDK found valid are valid over these claims
by the keys of the chains that we read. A decoy with the same claim under another's certificate fails that.
"""

import hashlib
import mmap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from typing import Any

from provenance.errors import ProvenanceError
from provenance.inspection import claim, cose, extract, signature_facts
from provenance.inspection.claim import OpenManifest
from provenance.inspection.signature_facts import SignatureFacts

_VALIDATED = "claimSignature.validated"
_MAX_ANCESTORS = 64


class Candidate:
    """One byte string that may be the store, opened. Raises ProvenanceError where it is none."""

    def __init__(self, store: bytes) -> None:
        self.store = store
        self.manifests = claim.opened(store)
        self.identity = claim.identity_of(self.manifests)

    @property
    def active(self) -> OpenManifest:
        """The manifest of the file itself."""
        return self.manifests[-1]

    @cached_property
    def facts(self) -> SignatureFacts:
        """What the active manifest's signature carries."""
        return signature_facts.facts_of(self.active)

    @cached_property
    def is_signed_so(self) -> bool:
        """Whether the chain's own key signed the active claim."""
        return _is_signed_so(self.active, self.facts)

    def answers_to(self, conformance: Mapping[str, Any]) -> dict[str, Any] | None:
        """Identity and facts for the parent, if this is what the SDK printed; facts of manifests that differ
        are left out."""
        printed = conformance["manifests"]
        active = printed[0]
        if active["label"] != self.identity.label or not _claims(active, self.identity.assertions):
            return None
        if _found_valid(active) and not self.is_signed_so:
            return None
        by_label = {one["label"]: one for one in printed[1 : signature_facts.MAX_MANIFESTS]}
        facts, ancestors = [self.facts], list[str]()
        for manifest in self.manifests[-2::-1]:
            told = by_label.get(manifest.label)
            if told is None:
                continue
            found = signature_facts.facts_of(manifest)
            with suppress(ProvenanceError):
                same = _claims(told, claim.claimed_assertions(manifest))
                if same and (not _found_valid(told) or _is_signed_so(manifest, found)):
                    facts.append(found)
                    if len(ancestors) < _MAX_ANCESTORS:
                        ancestors.append(hashlib.sha256(manifest.claim[0]).hexdigest())
        return self._message(facts, ancestors)

    def alone(self) -> dict[str, Any]:
        """Identity and facts of a store with one manifest, where the SDK was given these very bytes."""
        return self._message([self.facts])

    def _message(self, facts: list[SignatureFacts], ancestors: Sequence[str] = ()) -> dict[str, Any]:
        return {
            "identity": {
                "claim_sha256": self.identity.claim_sha256,
                "binding_sha256": self.identity.binding_sha256,
                "padding_bytes": self.identity.padding_bytes,
                "padding_hex": self.identity.padding.hex(),
                "ancestors": list(ancestors),
            },
            "facts": signature_facts.sendable(facts),
        }


@contextmanager
def search(data: Any, media_type: str, store: bytes | None) -> Iterator[Iterator[Candidate]]:
    """The candidates for what the SDK reads: the given `store` alone, or whatever lies in `data`, an open
    file or its bytes."""
    if store is not None:
        yield _opened(iter([store]))
    elif isinstance(data, BytesIO):
        yield _opened(extract.candidates(data.getvalue(), media_type))
    else:
        with mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield _opened(extract.candidates(mapped, media_type))


def _opened(stores: Iterator[bytes]) -> Iterator[Candidate]:
    for store in stores:
        with suppress(ProvenanceError):
            yield Candidate(store)


def _claims(printed: Mapping[str, Any], assertions: frozenset[tuple[str, bytes]]) -> bool:
    told = printed.get("claim.v2") or printed.get("claim") or {}
    return claim.validated_assertions(told) == assertions


def _found_valid(printed: Mapping[str, Any]) -> bool:
    results = printed.get("validationResults") or {}
    return any(one.get("code") == _VALIDATED for one in results.get("success") or ())


def _is_signed_so(manifest: OpenManifest, facts: SignatureFacts) -> bool:
    with suppress(ProvenanceError):
        if manifest.signature is not None and facts.chain:
            signature, protected = manifest.signature
            return cose.signed_by(facts.chain[0], signature, protected, manifest.claim[0])
    return False
