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
from functools import cached_property
from typing import Any

from provenance.inspection import cbor, jumbf

MAX_SHOWN_PADDING = 1024
_BINDINGS = ("c2pa.hash.data", "c2pa.hash.bmff", "c2pa.hash.boxes", "c2pa.hash.collection.data")
_ASSERTION_LISTS = ("created_assertions", "gathered_assertions", "assertions")
_PADS = ("pad", "pad1", "pad2")


@dataclass(frozen=True, slots=True)
class Identity:
    """The active manifest's digests (lower-case hex) and its count of non-zero padding bytes.

    `padding` holds those bytes, the first 1,024 of them.
    """

    label: str
    claim_sha256: str
    binding_sha256: str | None
    padding_bytes: int
    assertions: frozenset[tuple[str, bytes]]
    padding: bytes = b""


class OpenManifest:
    """One manifest of a store, each of its boxes decoded when first asked for and only once.

    Properties raise ProvenanceError `malformed_store` or `malformed_cbor`.
    """

    def __init__(self, box: jumbf.Superbox) -> None:
        self.box = box
        self.label = box.label

    @cached_property
    def _contents(self) -> list[tuple[bytes, Any]]:
        """What lies beside the assertions: the claim, a map, and the COSE signature, an array."""
        raws = (box.content(b"cbor") for box in self.box.children)
        return [(raw, cbor.decode(raw)) for raw in raws if raw is not None]

    @cached_property
    def claim(self) -> tuple[bytes, dict[str, Any]]:
        """The claim's bytes and content, found by shape: the SDK accepts a box with a changed label."""
        for raw, found in self._contents:
            if isinstance(found, dict) and "signature" in found:
                return raw, found
        raise jumbf.MalformedStore("The manifest holds no claim.")

    @property
    def signatures(self) -> Iterator[list[Any]]:
        """What has the shape of a COSE_Sign1 (RFC 9052 section 4.2): protected header, unprotected header,
        payload, signature."""
        for _, found in self._contents:
            if isinstance(found, list) and len(found) == 4 and isinstance(found[1], dict):
                yield found

    @cached_property
    def signature(self) -> tuple[list[Any], Any] | None:
        """The COSE_Sign1 and its protected header, decoded."""
        cose = next(self.signatures, None)
        if cose is None:
            return None
        return cose, cbor.decode(cose[0]) if isinstance(cose[0], bytes) and cose[0] else {}

    @cached_property
    def bindings(self) -> list[tuple[jumbf.Superbox, dict[str, Any]]]:
        """The hard-binding assertions."""
        return list(self.assertions(_BINDINGS))

    def assertions(self, prefixes: tuple[str, ...]) -> Iterator[tuple[jumbf.Superbox, dict[str, Any]]]:
        """The CBOR assertions whose label starts so, decoded."""
        for box in jumbf.assertion_boxes(self.box):
            content = box.content(b"cbor") if box.label.startswith(prefixes) else None
            if content is not None:
                decoded = cbor.decode(content)
                if isinstance(decoded, dict):
                    yield box, decoded


def opened(store: bytes) -> list[OpenManifest]:
    """The store's manifests, the active one last. Raises ProvenanceError `malformed_store`."""
    found = [OpenManifest(box) for box in jumbf.manifests(jumbf.parse(store))]
    if not found:
        raise jumbf.MalformedStore("The store holds no manifest.")
    return found


def identity(store: bytes) -> Identity:
    """The identity of the store's active manifest.

    Raises ProvenanceError `malformed_store` or `malformed_cbor`, also for compressed manifests, which hold no
    claim to look at.
    """
    return identity_of(opened(store))


def identity_of(manifests: list[OpenManifest]) -> Identity:
    """The identity of an opened store. Raises as `identity` does."""
    active = manifests[-1]
    raw, claim = active.claim
    # An update manifest (C2PA 2.4 section 11.2.3) has no hard binding: its parent's, before it in the store,
    # counts.
    binding = next((found for m in reversed(manifests) if (found := _binding(m)) is not None), None)
    padding = _padding(active)
    return Identity(
        label=active.label,
        claim_sha256=hashlib.sha256(raw).hexdigest(),
        binding_sha256=binding,
        padding_bytes=len(padding),
        assertions=frozenset(_assertions(claim)),
        padding=padding[:MAX_SHOWN_PADDING],
    )


def claimed_assertions(manifest: OpenManifest) -> frozenset[tuple[str, bytes]]:
    """The assertions that the manifest's claim names, with their digests. Raises as `identity` does."""
    return frozenset(_assertions(manifest.claim[1]))


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


def _assertions(claim: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    for name in _ASSERTION_LISTS:
        for entry in _listed(claim.get(name)):
            if isinstance(entry, dict) and isinstance(entry.get("hash"), bytes):
                yield _name(str(entry.get("url"))), entry["hash"]


def _name(url: str) -> str:
    """The assertion's label: version 1 claims are printed with absolute URIs, written with relative ones."""
    return url.rpartition("c2pa.assertions/")[2]


def _binding(manifest: OpenManifest) -> str | None:
    claimed = {digest for _, digest in _assertions(manifest.claim[1])}
    for box, assertion in manifest.bindings:
        digests = b"".join(_digests(assertion))
        if digests and any(_digest_of(box, len(digest)) == digest for digest in claimed):
            return hashlib.sha256(digests).hexdigest()
    return None


def _digest_of(box: jumbf.Superbox, length: int) -> bytes | None:
    algorithm = {32: "sha256", 48: "sha384", 64: "sha512"}.get(length)
    return hashlib.new(algorithm, box.payload).digest() if algorithm else None


def _digests(assertion: Mapping[str, Any]) -> Iterator[bytes]:
    for key in ("hash", "initHash"):
        if isinstance(assertion.get(key), bytes):
            yield assertion[key]
    for digest in _listed(assertion.get("hashes")):
        if isinstance(digest, bytes):
            yield digest
    for key in ("boxes", "merkle", "uris"):
        for row in _listed(assertion.get(key)):
            if isinstance(row, dict):
                yield from _digests(row)


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _padding(manifest: OpenManifest) -> bytes:
    """The non-zero bytes in the pads of the hard binding and of the COSE header: there hidden text would
    lie."""
    pads = [pad for _, assertion in manifest.bindings for pad in _pads(assertion)]
    for cose in manifest.signatures:
        pads += _pads(cose[1])
    return b"".join(pad.replace(b"\0", b"") for pad in pads)


def _pads(found: Mapping[Any, Any]) -> list[bytes]:
    return [found[key] for key in _PADS if isinstance(found.get(key), bytes)]
