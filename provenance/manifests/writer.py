"""Signing: the manifest into the file where its format allows, beside it where not."""

import hashlib
import io
import json
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from provenance import sdk
from provenance.assets.asset import Asset
from provenance.assets.intake import storage_error
from provenance.assets.limits import MEBIBYTE, Limits
from provenance.assets.private import strip
from provenance.errors import SigningRefused
from provenance.inspection.reader import Inspector
from provenance.keys.signer import ClaimSigner
from provenance.manifests import formats, in_text, ingredients, readback
from provenance.manifests.definition import THUMBNAIL, definition
from provenance.manifests.ingredients import Ingredient
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.signing import Signing
from provenance.trust.lists import TrustStore

IN_MEMORY_BYTES = 32 * MEBIBYTE
"""Files up to this size are signed in memory: twice as fast, and about four times their size at once."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be signed: the upload, what is declared of it, what it was made from."""

    asset: Asset
    declaration: Declaration
    ingredients: tuple[Ingredient, ...]

    @property
    def in_text(self) -> bool:
        """Whether the manifest goes into the text itself."""
        return self.declaration.embed_text and self.asset.media_type == "text/plain"

    @property
    def embedded(self) -> bool:
        """Whether the signed file carries its manifest."""
        return self.in_text or formats.embeds(self.asset.media_type)

    @property
    def edits(self) -> bool:
        """Whether it continues a parent's history."""
        return any(item.is_parent for item in self.ingredients)

    @property
    def broken(self) -> list[frozenset[str]]:
        """The failures of each ingredient whose own credential is broken."""
        return [item.broken for item in self.ingredients if item.broken]

    @property
    def strips(self) -> bool:
        """Whether private metadata is to go. Detached content is bound as it is, so it keeps all of it."""
        return formats.embeds(self.asset.media_type) and not self.declaration.keep_metadata

    def prepare(self, builder: Any) -> None:
        """Give a c2pa Builder what its definition only names. Raises C2paError."""
        if self.edits:
            builder.set_intent(sdk.load().C2paBuilderIntent.EDIT)
        if self.declaration.thumbnail is not None:
            builder.add_resource(THUMBNAIL, io.BytesIO(self.declaration.thumbnail))
        for item in self.ingredients:
            with item.asset.path.open("rb") as stream:
                builder.add_ingredient(item.description, item.asset.media_type, stream)


@dataclass(frozen=True, slots=True)
class _Made:
    """A signed draft: the manifest store, the draft's digest and size, what was removed from it."""

    store: bytes
    sha256: str
    size: int
    removed: tuple[str, ...]


class ManifestWriter:
    """Signs with one claim signer. Thread-safe; builds its SDK context once per process, also after a fork.

    The digests in the Manifest are computed from the claim that was signed. The first result of each media
    type, one in a hundred of the others, and all with ingredients or inside a text are read back by our own
    inspector before they are handed over (see `readback`), so a wrong key or certificate shows at once.
    """

    def __init__(
        self, signer: ClaimSigner, inspector: Inspector | None = None, limits: Limits | None = None
    ) -> None:
        self._signer = signer
        self._inspector = inspector or Inspector(TrustStore())
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._signing: tuple[int, Signing] | None = None
        self._sampling = readback.Sampling()

    def sign(self, asset: Asset, declaration: Declaration, folder: Path, basename: str) -> Manifest:
        """Sign `asset` into `folder`: `BASENAME.EXT`, the content, and `BASENAME.EXT.c2pa`, the manifest
        store.

        Content that carries its manifest loses GPS and other private metadata first, unless the declaration
        keeps them; content with the manifest beside it (text, unknown types) stays as it is, to the byte. So
        do the credentials of a signed upload: they go into the new manifest as they were read.

        Both files appear by rename, so a killed run leaves nothing half under these names; doing it again
        replaces them. They are not synced to disk here: whoever keeps them (AssetStore.put) does that once.
        Raises SigningRefused (`broken_parent`, `too_many_parents`, `content_changed`, `unsignable_media`, and
        what `in_text.embed` names), SignerUnavailable where the key or time-stamping service does not answer,
        KeyMaterialInvalid where the key does not fit its certificate, RejectedAsset for a parent that breaks
        the limits or content whose structure cannot be walked, ProvenanceError `storage_full`.
        """
        suffix = formats.extension(asset.media_type)
        signed_path = folder / (basename if basename.endswith(suffix) else basename + suffix)
        store_path = signed_path.with_name(signed_path.name + ".c2pa")
        try:
            content = asset.path.read_bytes() if asset.size <= IN_MEMORY_BYTES else None
            found = ingredients.gathered(asset, content, declaration, self._inspector, self._limits)
            order = _Order(asset, declaration, tuple(found))
            with _temporary(folder) as draft, _temporary(folder) as sidecar:
                if order.in_text:
                    made = self._in_text(order, draft)
                elif content is not None:
                    made = self._in_memory(order, content, draft)
                else:
                    made = self._on_disk(order, draft)
                if not order.embedded and made.sha256 != asset.sha256:
                    raise SigningRefused("Signing would have changed the content.", code="content_changed")
                identity = readback.identify(made.store)
                _write(sidecar, made.store)
                if self._is_checked(order):
                    result = replace(asset, path=draft, sha256=made.sha256, size=made.size)
                    store = None if order.embedded else sidecar
                    readback.read_back(self._inspector, result, store, identity, order.broken)
                # New content beside an old store would be worse than none, should we be killed in between.
                store_path.unlink(missing_ok=True)
                signed_path.unlink(missing_ok=True)
                draft.rename(signed_path)
                sidecar.rename(store_path)
            self._sampling.passed(asset.media_type)
        except OSError as error:
            raise storage_error(error) from error
        return Manifest(
            signed_path=signed_path,
            store_path=store_path,
            embedded=order.embedded,
            media_type=asset.media_type,
            signed_sha256=made.sha256,
            store_sha256=hashlib.sha256(made.store).hexdigest(),
            label=identity.label,
            claim_sha256=identity.claim_sha256,
            binding_sha256=identity.binding_sha256,
            removed=made.removed,
        )

    def close(self) -> None:
        """End the inspector's worker."""
        self._inspector.close()

    def _in_text(self, order: _Order, draft: Path) -> _Made:
        text = order.asset.path.read_bytes()
        with _refusals(order.asset):
            made = in_text.embed(text, _described(order), self._current_signing(), order.prepare)
        _write(draft, made.text)
        return _Made(made.store, hashlib.sha256(made.text).hexdigest(), len(made.text), ())

    def _in_memory(self, order: _Order, content: bytes, draft: Path) -> _Made:
        removed: tuple[str, ...] = ()
        if order.strips:
            stripped = strip.strip(content, order.asset.media_type)
            content, removed = stripped.data, stripped.removed
        target = io.BytesIO()
        store = self._build(order, io.BytesIO(content), target, removed)
        signed = target.getvalue()
        _write(draft, signed)
        return _Made(store, hashlib.sha256(signed).hexdigest(), len(signed), removed)

    def _on_disk(self, order: _Order, draft: Path) -> _Made:
        with ExitStack() as stack:
            path = order.asset.path
            removed: tuple[str, ...] = ()
            if order.strips:
                path = stack.enter_context(_temporary(draft.parent))
                os.close(_create(path))
                shutil.copyfile(order.asset.path, path)
                removed = strip.strip_file(path, order.asset.media_type)
            source = stack.enter_context(path.open("rb"))
            target = stack.enter_context(os.fdopen(_create(draft), "w+b"))
            store = self._build(order, source, target, removed)
        with draft.open("rb") as file:
            return _Made(store, hashlib.file_digest(file, "sha256").hexdigest(), file.tell(), removed)

    def _build(self, order: _Order, source: BinaryIO, target: BinaryIO, removed: tuple[str, ...]) -> bytes:
        """Sign `source` into `target` and return the manifest store."""
        text = json.dumps(_described(order, removed))
        media_type = order.asset.media_type if order.embedded else formats.OPAQUE

        def sign(context: Any) -> bytes:
            # From the start: one time-stamping authority may have failed after all was read.
            source.seek(0)
            target.seek(0)
            target.truncate()
            builder = sdk.load().Builder(text, context=context)
            order.prepare(builder)
            if not order.embedded:
                builder.set_no_embed()
            store: bytes = builder.sign(media_type, source, target)
            return store

        with _refusals(order.asset):
            return self._current_signing().run(sign)

    def _is_checked(self, order: _Order) -> bool:
        """Whether the result is to be read back: see `readback`."""
        return bool(order.ingredients) or order.in_text or self._sampling.is_due(order.asset.media_type)

    def _current_signing(self) -> Signing:
        with self._lock:
            if self._signing is None or self._signing[0] != os.getpid():
                self._signing = (os.getpid(), Signing(self._signer))
            return self._signing[1]


def _described(order: _Order, removed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The definition of what is ordered."""
    asset = order.asset
    text = definition(order.declaration, asset.medium, asset.media_type, edits=order.edits, removed=removed)
    ingredients.mention(text, order.ingredients)
    return text


@contextmanager
def _refusals(asset: Asset) -> Iterator[None]:
    """The SDK's refusal of this content, as ours."""
    try:
        yield
    except sdk.load().C2paError as error:
        raise SigningRefused(
            f"{asset.name} cannot be signed as {asset.media_type}: its structure is not understood.",
            code="unsignable_media",
        ) from error


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """A name in `folder` that is not taken; a file that still has it after the block is deleted."""
    path = folder / f".signing-{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _create(path: Path) -> int:
    """A descriptor of a new file, open to its owner alone."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _write(path: Path, content: bytes) -> None:
    descriptor, left = _create(path), memoryview(content)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)
