"""The checkpoint as others read it: the note that the log signed, and the lines of its witnesses."""

from django.db import transaction

from attest.flows.head import lock_head
from attest.log.store import TileStore
from attest.models import CheckpointRow


def full_note(row: CheckpointRow) -> str:
    """A checkpoint's note with every cosignature there is by now; the log's own line comes first."""
    return row.note + "".join(each.line for each in row.cosignatures.order_by("witness"))


def publish_checkpoint(store: TileStore) -> None:
    """Bring the checkpoint file up to the latest row, under the head's lock so that it never goes back."""
    with transaction.atomic():
        lock_head()
        latest = CheckpointRow.objects.order_by("-size").first()
        if latest is not None and store.read_checkpoint() != (note := full_note(latest)):
            store.write_checkpoint(note)
