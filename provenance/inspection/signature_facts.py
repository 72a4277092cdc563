"""What a manifest's signature carries beside the signature: certificates, revocation answers, time stamps.

Taken inside the worker from the very store that the SDK validated, handed to the parent in base64 and
believed by nobody yet: the unprotected COSE header is not signed, anyone can staple anything.

x5chain                 certificates, the signer's first (RFC 9360; C2PA 2.4 section 14.6), DER
rVals.ocspVals          stapled OCSP answers in the unprotected header (C2PA 2.4 section 10.3.2.6), DER
c2pa.certificate-status an assertion with further OCSP answers, also for other manifests' signers
sigTst2, sigTst         RFC 3161 answers or tokens over the signature (C2PA 2.4 section 10.3.2.5)
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.errors import ProvenanceError
from provenance.inspection.claim import OpenManifest

MAX_MANIFESTS = 100
_MAX_CERTIFICATES = 10
_MAX_ANSWERS = 16
_MAX_TOKENS = 4
_MAX_ITEM_BYTES = 64 * 1024
_MAX_TOTAL_BYTES = 2 * 1024 * 1024
_X5CHAIN = 33
_STATUS_ASSERTIONS = ("c2pa.certificate-status",)


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """The unverified attachments of one manifest's signature, each item DER.

    `answers` are stapled OCSP answers. `tokens` are time-stamp answers; `legacy_token` says that they are of
    the older kind, over the claim instead of the signature.
    """

    label: str
    chain: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()
    tokens: tuple[bytes, ...] = ()
    legacy_token: bool = False


def facts_of(manifest: OpenManifest) -> SignatureFacts:
    """What one manifest's signature carries; nothing where it cannot be read.

    Answers of a `c2pa.certificate-status` assertion are listed with the manifest that holds it; they may
    speak of any signer in the store.
    """
    try:
        return _of(manifest)
    except ProvenanceError:
        return SignatureFacts(manifest.label)


def sendable(found: Iterable[SignatureFacts]) -> list[dict[str, Any]]:
    """The facts of at most 100 manifests as JSON has it, at most 2 MiB in all."""
    ready: list[dict[str, Any]] = []
    left = _MAX_TOTAL_BYTES
    for _, facts in zip(range(MAX_MANIFESTS), found, strict=False):
        left -= sum(map(len, (*facts.chain, *facts.answers, *facts.tokens)))
        if left < 0:
            break
        ready.append(
            {
                "label": facts.label,
                "chain": _encoded(facts.chain),
                "answers": _encoded(facts.answers),
                "tokens": _encoded(facts.tokens),
                "legacy": facts.legacy_token,
            }
        )
    return ready


def restored(found: Iterable[Mapping[str, Any]]) -> tuple[SignatureFacts, ...]:
    """What `sendable` made, as values again."""
    return tuple(
        SignatureFacts(
            str(one["label"]),
            _decoded(one["chain"]),
            _decoded(one["answers"]),
            _decoded(one["tokens"]),
            bool(one["legacy"]),
        )
        for one in found
    )


def _of(manifest: OpenManifest) -> SignatureFacts:
    answers = [
        answer
        for _, assertion in manifest.assertions(_STATUS_ASSERTIONS)
        for answer in _bytes(assertion.get("ocspVals"))
    ]
    if manifest.signature is None:
        return SignatureFacts(manifest.label, answers=tuple(answers[:_MAX_ANSWERS]))
    cose, protected = manifest.signature
    unprotected = cose[1]
    headers = [header for header in (protected, unprotected) if isinstance(header, dict)]
    chain = next(
        (list(_bytes(header[key])) for header in headers for key in (_X5CHAIN, "x5chain") if key in header),
        [],
    )
    stapled = unprotected.get("rVals")
    if isinstance(stapled, dict):
        answers = [*_bytes(stapled.get("ocspVals")), *answers]
    kind = "sigTst2" if "sigTst2" in unprotected else "sigTst"
    return SignatureFacts(
        manifest.label,
        tuple(chain[:_MAX_CERTIFICATES]),
        tuple(answers[:_MAX_ANSWERS]),
        tuple(_tokens(unprotected.get(kind)))[:_MAX_TOKENS],
        kind == "sigTst" and kind in unprotected,
    )


def _tokens(container: Any) -> Iterator[bytes]:
    """The values of `{"tstTokens": [{"val": bytes}, …]}`."""
    rows = container.get("tstTokens") if isinstance(container, dict) else None
    if isinstance(rows, list):
        yield from _bytes([row.get("val") for row in rows if isinstance(row, dict)])


def _bytes(found: Any) -> Iterator[bytes]:
    """One byte string or a list of them, as COSE has it; whatever is too long is left out."""
    items = found if isinstance(found, list) else [found]
    yield from (item for item in items if isinstance(item, bytes) and 0 < len(item) <= _MAX_ITEM_BYTES)


def _encoded(items: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(item).decode() for item in items]


def _decoded(items: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(item) for item in items)
