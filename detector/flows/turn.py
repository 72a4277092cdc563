"""One at a time: match and index without another writer in between."""

from django.db import connection

_LOCK = 0x6173736179_01  # "assay", 1: an advisory lock of PostgreSQL, held until the transaction ends


def take_turn() -> None:
    """Wait until no other transaction is between its match and its commit. Call inside a transaction.

    On SQLite every transaction is IMMEDIATE and holds the only write lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
