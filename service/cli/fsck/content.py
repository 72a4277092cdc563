"""Stored content against its rows: every row's bytes are there and are the bytes it names."""

import hashlib
from collections.abc import Iterator

from provenance.errors import ProvenanceError
from provenance.models import StoredAsset
from service import wiring
from service.cli.fsck.difference import Difference

BLOCK = 1024 * 1024


def differences() -> Iterator[Difference]:
    """Missing, altered and misplaced content. Content without a row is none: a killed upload leaves it."""
    store = wiring.asset_store()
    for row in StoredAsset.objects.order_by("pk").iterator(chunk_size=500):
        name = f"The stored content {row.sha256[:16]}…"
        try:
            with store.open(row.key) as file:
                digest = hashlib.sha256()
                while block := file.read(BLOCK):
                    digest.update(block)
                size = file.tell()
        except ProvenanceError as error:
            yield Difference("content", error.code, f"{name} cannot be read: {error}")
            continue
        if digest.hexdigest() != row.sha256:
            yield Difference("content", "content_differs", f"{name} holds other bytes than its name says.")
        elif size != row.size:
            yield Difference("content", "size_differs", f"{name} has {size} bytes; its row says {row.size}.")
