"""Signing: the manifest into the file where its format allows, beside it where not.

What an upload already claims is never erased: a signed upload becomes the parent of what we sign. A parent
that is broken is refused, because the SDK would sign over it and the result would read as trusted at the top.
"""

import hashlib
import json
import os
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provenance import sdk
from provenance.assets.asset import Asset
from provenance.assets.intake import from_path, storage_error
from provenance.assets.limits import Limits
from provenance.errors import KeyMaterialInvalid, ProvenanceError, SignerUnavailable, SigningRefused
from provenance.inspection.inspection import Credential, Inspection
from provenance.inspection.reader import Inspector
from provenance.keys.signer import ClaimSigner
from provenance.manifests import formats
from provenance.manifests.definition import definition, ingredient
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.signing import Signing
from provenance.trust.lists import TrustStore

_MAX_PARENTS = 50


@dataclass(frozen=True, slots=True)
class _Ingredient:
    """One file that goes into the manifest as what it was made from."""

    asset: Asset
    description: dict[str, Any]


class ManifestWriter:
    """Signs with one claim signer. Thread-safe; builds its SDK context once per process, also after a fork.

    Every result is read back by our own inspector before it is handed over, so the digests in the Manifest
    are those that a later inspection finds, and a wrong key or certificate shows at once. It costs one
    inspection, about as much again as the signing itself (3–5 ms for a 100 KB JPEG).
    """

    def __init__(
        self, signer: ClaimSigner, inspector: Inspector | None = None, limits: Limits | None = None
    ) -> None:
        self._signer = signer
        self._inspector = inspector or Inspector(TrustStore())
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._signing: tuple[int, Signing] | None = None

    def sign(self, asset: Asset, declaration: Declaration, folder: Path, basename: str) -> Manifest:
        """Sign `asset` into `folder`: `BASENAME.EXT`, the content, and `BASENAME.EXT.c2pa`, the manifest
        store.

        Both appear by rename, so a killed run leaves nothing under these names; doing it again replaces them.
        They are not synced to disk here: whoever keeps them (AssetStore.put) does that once.
        Raises SigningRefused (`broken_parent`, `too_many_parents`, `content_changed`, `unsignable_media`),
        SignerUnavailable where the key or time-stamping service does not answer, KeyMaterialInvalid where the
        key does not fit its certificate, RejectedAsset for a parent that breaks the limits, ProvenanceError
        `storage_full`.
        """
        suffix = formats.extension(asset.media_type)
        signed_path = folder / (basename if basename.endswith(suffix) else basename + suffix)
        store_path = signed_path.with_name(signed_path.name + ".c2pa")
        embedded = formats.embeds(asset.media_type)
        try:
            with _temporary(folder) as draft:
                store = self._build(asset, declaration, draft, embedded=embedded)
                digest, size = _digest(draft)
                made = replace(asset, path=draft, sha256=digest, size=size)
                found = self._read_back(made, store, embedded=embedded)
                if not embedded and digest != asset.sha256:
                    raise SigningRefused("Signing would have changed the content.", code="content_changed")
                draft.replace(signed_path)
            _write(store_path, store)
        except OSError as error:
            raise storage_error(error) from error
        return Manifest(
            signed_path=signed_path,
            store_path=store_path,
            embedded=embedded,
            media_type=asset.media_type,
            signed_sha256=digest,
            store_sha256=hashlib.sha256(store).hexdigest(),
            claim_sha256=str(found.claim_sha256),
            binding_sha256=str(found.binding_sha256),
        )

    def close(self) -> None:
        """End the inspector's worker."""
        self._inspector.close()

    def _build(self, asset: Asset, declaration: Declaration, draft: Path, *, embedded: bool) -> bytes:
        """Sign into `draft` and return the manifest store."""
        c2pa = sdk.load()
        ingredients = self._ingredients(asset, declaration)
        edits = any(item.description["relationship"] == "parentOf" for item in ingredients)
        text = definition(declaration, asset.medium, asset.media_type, edits=edits)
        _mention(text, ingredients)
        signing = self._current_signing()
        try:
            builder = c2pa.Builder(json.dumps(text), context=signing.context)
            with ExitStack() as files:
                if edits:
                    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
                if not embedded:
                    builder.set_no_embed()
                for item in ingredients:
                    stream = files.enter_context(item.asset.path.open("rb"))
                    builder.add_ingredient(item.description, item.asset.media_type, stream)
                source = files.enter_context(asset.path.open("rb"))
                target = files.enter_context(draft.open("w+b"))
                media_type = asset.media_type if embedded else formats.OPAQUE
                store: bytes = builder.sign(media_type, source, target)
        except c2pa.C2paError as error:
            raise _explained(error, asset, signing) from error
        return store

    def _ingredients(self, asset: Asset, declaration: Declaration) -> list[_Ingredient]:
        """The upload itself where it is signed already, then the declared parents."""
        if len(declaration.parents) > _MAX_PARENTS:
            raise SigningRefused(f"At most {_MAX_PARENTS} parents are named.", code="too_many_parents")
        found: list[_Ingredient] = []
        if self._is_signed(asset):
            found.append(_Ingredient(asset, ingredient(asset.name, asset.media_type, parent=True)))
        for path in declaration.parents:
            parent = from_path(path, self._limits)
            self._is_signed(parent)
            only = len(declaration.parents) == 1 and not found
            found.append(_Ingredient(parent, ingredient(parent.name, parent.media_type, parent=only)))
        return found

    def _is_signed(self, asset: Asset) -> bool:
        credential = self._inspector.inspect(asset).credential
        if credential is Credential.INVALID:
            raise SigningRefused(
                f"The content credentials that {asset.name} already carries are broken;"
                " signing over them would hide that.",
                code="broken_parent",
            )
        return credential in (Credential.TRUSTED, Credential.UNTRUSTED_ISSUER)

    def _read_back(self, made: Asset, store: bytes, *, embedded: bool) -> Inspection:
        """Inspect what was made. Raises KeyMaterialInvalid or SigningRefused where it does not validate."""
        if embedded:
            found = self._inspector.inspect(made)
        else:
            with _temporary(made.path.parent) as sidecar:
                sidecar.write_bytes(store)
                found = self._inspector.inspect(made, sidecar)
        codes = {finding.code for finding in found.findings if finding.depth == 0}
        if found.credential not in (Credential.TRUSTED, Credential.UNTRUSTED_ISSUER):
            if codes & {"claimSignature.mismatch", "signingCredential.invalid"}:
                raise KeyMaterialInvalid("The signing key or its certificate does not make a valid claim.")
            raise SigningRefused(
                "The signed file does not validate: this format or file cannot be signed.",
                code="unsignable_media",
            )
        if found.claim_sha256 is None or found.binding_sha256 is None:
            raise SigningRefused("The signed claim could not be read back.", code="unsignable_media")
        return found

    def _current_signing(self) -> Signing:
        with self._lock:
            if self._signing is None or self._signing[0] != os.getpid():
                self._signing = (os.getpid(), Signing(self._signer))
            return self._signing[1]


def _explained(error: Exception, asset: Asset, signing: Signing) -> ProvenanceError:
    """The SDK's error as ours, or what the key store itself had raised."""
    kept = signing.taken_error()
    if kept is not None:
        return kept
    text = str(error)
    if signing.stamps and text.startswith("Signature"):
        return SignerUnavailable("The time-stamping authority did not answer.", code="tsa_unavailable")
    if text.startswith("Signature"):
        return SignerUnavailable("The key store did not sign.")
    return SigningRefused(
        f"{asset.name} cannot be signed as {asset.media_type}: its structure is not understood.",
        code="unsignable_media",
    )


def _mention(text: dict[str, Any], ingredients: list[_Ingredient]) -> None:
    """Tie each component to a `c2pa.placed` action (C2PA 2.4 section 18.16.4); the intent ties the parent."""
    actions = text["assertions"][0]["data"]["actions"]
    for item in ingredients:
        if item.description["relationship"] == "componentOf":
            item.description["instance_id"] = f"xmp:iid:{uuid.uuid4()}"
            actions.append(
                {
                    "action": "c2pa.placed",
                    "parameters": {"ingredientIds": [item.description["instance_id"]]},
                }
            )


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """A private empty file in `folder`, gone after the block unless it was renamed."""
    descriptor, raw = tempfile.mkstemp(prefix=".signing-", dir=folder)
    os.close(descriptor)
    path = Path(raw)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with _temporary(path.parent) as temporary:
        temporary.write_bytes(content)
        temporary.replace(path)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
