"""The identity of an attestation: which bytes of a manifest are hashed, and which can change unnoticed.

A third of a manifest's bytes (COSE padding, JUMBF toggles) can flip and still validate, so neither the file's
nor the store's digest is an identity. Two digests are:

claim_sha256    SHA-256 of the content of the "cbor" box inside the active manifest's claim superbox, header
                excluded: exactly the detached payload that the COSE signature covers.
binding_sha256  SHA-256 over the concatenated digests of the hard-binding assertion (C2PA 2.4 section 9.2) in
                this order: `hash`, `initHash`, `hashes`, then the same of each of `boxes`, `merkle`, `uris`.
                For c2pa.hash.data and unfragmented c2pa.hash.bmff that is the SHA-256 of the one `hash`
                value, which covers the content without the manifest. Padding, names and exclusions are not
                part of it. An assertion that its claim does not vouch for (hashed URI) is passed over.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.inspection import cbor, jumbf

_BINDINGS = ("c2pa.hash.data", "c2pa.hash.bmff", "c2pa.hash.boxes", "c2pa.hash.collection.data")
_ASSERTION_LISTS = ("created_assertions", "gathered_assertions", "assertions")
_PADS = ("pad", "pad1", "pad2")


@dataclass(frozen=True, slots=True)
class Identity:
    """The active manifest's digests (lower-case hex) and its count of non-zero padding bytes."""

    label: str
    claim_sha256: str
    binding_sha256: str | None
    padding_bytes: int
    assertions: frozenset[tuple[str, bytes]]


def identity(store: bytes) -> Identity:
    """The identity of the store's active manifest.

    Raises ProvenanceError `malformed_store` or `malformed_cbor`, also for compressed manifests, which hold no
    claim to look at.
    """
    all_manifests = jumbf.manifests(jumbf.parse(store))
    if not all_manifests:
        raise jumbf.MalformedStore("The store holds no manifest.")
    active = all_manifests[-1]
    raw, claim = _claim(active)
    # An update manifest (C2PA 2.4 section 11.2.3) has no hard binding: its parent's, before it in the store,
    # counts.
    binding = next((found for m in reversed(all_manifests) if (found := _binding(m)) is not None), None)
    return Identity(
        label=active.label,
        claim_sha256=hashlib.sha256(raw).hexdigest(),
        binding_sha256=binding,
        padding_bytes=_padding(active),
        assertions=frozenset(_assertions(claim)),
    )


def validated_assertions(claim: Mapping[str, Any]) -> frozenset[tuple[str, bytes]]:
    """The assertions of a claim as the SDK prints it in crJSON, to compare with `Identity.assertions`."""
    return frozenset(
        (
            _name(str(entry["url"])),
            base64.b64decode(str(entry["hash"]).removeprefix("b64'").removesuffix("'")),
        )
        for name in _ASSERTION_LISTS
        for entry in claim.get(name) or ()
    )


def _claim(manifest: jumbf.Superbox) -> tuple[bytes, dict[str, Any]]:
    """The claim's bytes and content, found by shape: the SDK accepts a box with a changed label."""
    for raw, found in _contents(manifest):
        if isinstance(found, dict) and "signature" in found:
            return raw, found
    raise jumbf.MalformedStore("The active manifest holds no claim.")


def _contents(manifest: jumbf.Superbox) -> Iterator[tuple[bytes, Any]]:
    """What lies in the manifest beside its assertions: the claim, a map, and the COSE signature, an array."""
    for box in manifest.children:
        raw = box.content(b"cbor")
        if raw is not None:
            yield raw, cbor.decode(raw)


def _assertions(claim: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    for name in _ASSERTION_LISTS:
        for entry in claim.get(name) or ():
            if isinstance(entry, dict) and isinstance(entry.get("hash"), bytes):
                yield _name(str(entry.get("url"))), entry["hash"]


def _name(url: str) -> str:
    """The assertion's label: version 1 claims are printed with absolute URIs, written with relative ones."""
    return url.rpartition("c2pa.assertions/")[2]


def _binding(manifest: jumbf.Superbox) -> str | None:
    claimed = {digest for _, digest in _assertions(_claim(manifest)[1])}
    for box, assertion in _binding_assertions(manifest):
        digests = b"".join(_digests(assertion))
        if digests and any(_digest_of(box, len(digest)) == digest for digest in claimed):
            return hashlib.sha256(digests).hexdigest()
    return None


def _digest_of(box: jumbf.Superbox, length: int) -> bytes | None:
    algorithm = {32: "sha256", 48: "sha384", 64: "sha512"}.get(length)
    return hashlib.new(algorithm, box.payload).digest() if algorithm else None


def _binding_assertions(manifest: jumbf.Superbox) -> Iterator[tuple[jumbf.Superbox, dict[str, Any]]]:
    for box in jumbf.assertion_boxes(manifest):
        content = box.content(b"cbor")
        if content is not None and box.label.startswith(_BINDINGS):
            decoded = cbor.decode(content)
            if isinstance(decoded, dict):
                yield box, decoded


def _digests(assertion: Mapping[str, Any]) -> Iterator[bytes]:
    for key in ("hash", "initHash"):
        if isinstance(assertion.get(key), bytes):
            yield assertion[key]
    for digest in assertion.get("hashes") or ():
        if isinstance(digest, bytes):
            yield digest
    for key in ("boxes", "merkle", "uris"):
        for row in assertion.get(key) or ():
            if isinstance(row, dict):
                yield from _digests(row)


def _padding(manifest: jumbf.Superbox) -> int:
    """Non-zero bytes in the pads of the hard binding and of the COSE header, where hidden text would lie."""
    pads = [value for _, assertion in _binding_assertions(manifest) for value in _pads(assertion)]
    for _, cose in _contents(manifest):
        # COSE_Sign1 (RFC 9052 section 4.2): protected header, unprotected header, payload, signature.
        if isinstance(cose, list) and len(cose) == 4 and isinstance(cose[1], dict):
            pads += _pads(cose[1])
    return sum(len(pad) - pad.count(0) for pad in pads)


def _pads(found: Mapping[Any, Any]) -> list[bytes]:
    return [found[key] for key in _PADS if isinstance(found.get(key), bytes)]
