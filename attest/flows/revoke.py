"""Revoke an attestation: a leaf of its own says so for ever, and the revoked row points at it."""

from datetime import UTC, datetime

from django.db import transaction

from attest.errors import AttestError
from attest.flows.append import Entry, append_many
from attest.flows.head import lock_head
from attest.log.leaf import Kind, Leaf
from attest.models import LeafRow


class NotRevocable(AttestError):
    """There is no attestation at that index."""

    code = "leaf_not_revocable"


def revoke(leaf_index: int, reason: str, key: str, now: datetime | None = None) -> LeafRow:
    """Append a revocation of the attestation at `leaf_index` and return its row.

    `reason` (1 to 200 printable characters) is public and can never be erased: no personal data in it. An
    attestation is revoked once: a later call, whatever its key, returns the first revocation. Raises
    NotRevocable, ValueError on a malformed reason, KeyReused where `key` stands for another leaf.
    """
    with transaction.atomic():
        lock_head()
        target = LeafRow.objects.select_related("revoked_by").filter(index=leaf_index).first()
        if target is None or target.kind != Kind.ATTESTATION:
            raise NotRevocable(f"There is no attestation at index {leaf_index}.")
        if target.revoked_by is not None:
            return target.revoked_by
        leaf = Leaf(
            kind=Kind.REVOCATION,
            issued=now or datetime.now(UTC),
            target_index=target.index,
            target_hash=bytes(target.leaf_hash).hex(),
            reason=reason,
        )
        row = append_many([Entry(key, leaf)])[0]
        target.revoked_by, target.revoked_at = row, row.created_at
        target.save(update_fields=["revoked_by", "revoked_at"])
    return row
