"""Seal the log: sign a checkpoint over every leaf appended so far."""

import logging
from datetime import datetime

from django.db import transaction

from attest.errors import LogInconsistent, ProofInvalid
from attest.flows.hashes import hashes_at
from attest.flows.head import compact_range_of, lock_head
from attest.flows.publish import entries_between, publish
from attest.flows.published import publish_checkpoint as _publish_checkpoint
from attest.log.checkpoint import Checkpoint, open_checkpoint
from attest.log.keys import LogKey
from attest.log.merkle import CompactRange, consistency_proof, range_at, verify_consistency
from attest.log.store import TileStore
from attest.models import CheckpointRow, LogHead

logger = logging.getLogger(__name__)
_BATCH = 4096


def seal(log_key: LogKey, tile_store: TileStore, origin: str, now: datetime) -> CheckpointRow | None:
    """Sign and publish a checkpoint over all leaves; None where there is nothing new.

    Tiles come first, then the checkpoint's row, then its file: killed anywhere in between, the next call
    finishes the work, and nobody ever sees a checkpoint whose tiles or row are missing. The body carries no
    time, so two sealers at once sign the same bytes. A clock that went back only raises an alarm.

    Raises LogInconsistent, signing nothing, where the new tree does not extend the last checkpoint, where
    rows are damaged, or where the published checkpoint is ahead of the database (a restored backup).
    """
    _refuse_rollback(log_key, tile_store)
    head, previous = _claim_origin(origin)
    if previous is not None and head.size < previous.size:
        raise LogInconsistent("The log is shorter than its last checkpoint.", code="log_rolled_back")
    if head.size == (previous.size if previous else 0):
        _publish_checkpoint(tile_store)
        return None
    root = _checked_root(head, previous, tile_store)
    publish(tile_store, head.size, previous.size if previous else 0)
    if previous is not None:
        _check_extends(previous, head.size, root, tile_store)
        if now < previous.created_at:
            logger.warning("clock_went_back: now %s, last checkpoint at %s", now, previous.created_at)
            now = previous.created_at
    note = Checkpoint(origin, head.size, root).signed(log_key)
    row, _ = CheckpointRow.objects.get_or_create(
        size=head.size, defaults={"root": root, "note": note, "created_at": now}
    )
    if bytes(row.root) != root:
        raise LogInconsistent("Another root was signed for this size.", code="checkpoint_root_differs")
    _publish_checkpoint(tile_store)
    return row


def _refuse_rollback(log_key: LogKey, store: TileStore) -> None:
    """Refuse to go on where a checkpoint that we signed and published is unknown to the database."""
    note = store.read_checkpoint()
    if note is None:
        return
    try:
        published = open_checkpoint(note, log_key.vkey)
    except ProofInvalid as error:
        raise LogInconsistent(f"The published checkpoint: {error}", code="checkpoint_file_differs") from error
    row = CheckpointRow.objects.filter(size=published.size).first()
    if published.size and (row is None or bytes(row.root) != published.root):
        raise LogInconsistent(
            f"The published checkpoint of {published.size} leaves is unknown here: was a backup restored?",
            code="log_rolled_back",
        )


def _claim_origin(origin: str) -> tuple[LogHead, CheckpointRow | None]:
    """The head and the last checkpoint as one snapshot; the first seal gives the log its name for good."""
    with transaction.atomic():
        head = lock_head()
        if head.origin == "":
            head.origin = origin
            head.save(update_fields=["origin"])
        elif head.origin != origin:
            raise LogInconsistent(f"This log is {head.origin}, not {origin}.", code="log_origin_differs")
        return head, CheckpointRow.objects.order_by("-size").first()


def _checked_root(head: LogHead, previous: CheckpointRow | None, store: TileStore) -> bytes:
    """The new root, reached twice: by the head, and from the last checkpoint over the new rows."""
    begin = previous.size if previous else 0
    grown = range_at(begin, hashes_at(store, begin)) if previous else CompactRange()
    if previous is not None and grown.root() != bytes(previous.root):
        raise LogInconsistent("The log is not what the last checkpoint says.", code="checkpoint_root_differs")
    for at in range(begin, head.size, _BATCH):
        new = entries_between(at, min(at + _BATCH, head.size))
        grown = grown.extend(hashed for _, hashed in new)
    if grown != compact_range_of(head):
        raise LogInconsistent("The log's head does not fit its leaves.", code="head_differs")
    return grown.root()


def _check_extends(previous: CheckpointRow, size: int, root: bytes, store: TileStore) -> None:
    """Check, as any outsider would, the consistency proof that the published tiles give."""
    proof = consistency_proof(previous.size, size, hashes_at(store, size))
    try:
        verify_consistency(previous.size, size, bytes(previous.root), root, proof)
    except ProofInvalid as error:
        raise LogInconsistent(f"The log does not extend itself: {error}") from error
