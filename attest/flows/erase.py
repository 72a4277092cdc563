"""Erase what links a leaf to its content: the salt and the digests. The leaf stays, and so does the log."""

from django.db import connection, transaction

from attest.flows.head import lock_head
from attest.models import LeafDigest, LeafRow


def erase(leaf_index: int) -> bool:
    """Erase a leaf's opening for good; False where there was nothing (any more).

    Afterwards the leaf is a record that nobody, the operator included, can show to be about a file: there is
    no proof of it any more, a look-up of the file finds nothing, and its key still stands for it. Proofs that
    were handed out before keep working: they carry the salt. Revocations stay.

    On SQLite what is deleted is overwritten and the write-ahead log is emptied; on PostgreSQL the bytes go
    with the next VACUUM. Backups have to run out.
    """
    sqlite = connection.vendor == "sqlite"
    if sqlite:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    with transaction.atomic():
        lock_head()
        digests, _ = LeafDigest.objects.filter(leaf__index=leaf_index).delete()
        salts = LeafRow.objects.filter(index=leaf_index, salt__isnull=False).update(salt=None)
        if sqlite:
            transaction.on_commit(_empty_write_ahead_log)
    return bool(digests or salts)


def _empty_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        # A reader that is still at work keeps its part of it; the next checkpoint takes that.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.fetchall()
