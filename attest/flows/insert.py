"""Bulk inserts of leaves and digests by hand: the ORM's own cost several times what the database does.

PostgreSQL gets one statement with an array a column, SQLite one statement that it runs for each row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from attest.models import LeafDigest, LeafRow

_LEAF = {
    "index": "bigint",
    "key": "text",
    "data": "bytea",
    "leaf_hash": "bytea",
    "salt": "bytea",
    "kind": "text",
    "created_at": "timestamptz",
}
_DIGEST = {"leaf_id": "bigint", "role": "text", "digest": "text"}


def insert_leaves(rows: Sequence[LeafRow]) -> list[LeafRow]:
    """Insert new leaves of consecutive indexes, in order, under the head's lock; the rows as stored."""
    adapt = connection.ops.adapt_datetimefield_value
    values = [
        (row.index, row.key, row.data, row.leaf_hash, row.salt, row.kind, adapt(row.created_at))
        for row in rows
    ]
    _insert(LeafRow._meta.db_table, _LEAF, values)
    first, last = rows[0].index, rows[-1].index
    return list(LeafRow.objects.filter(index__gte=first, index__lte=last).order_by("index"))


def insert_digests(digests: Iterable[tuple[int, str, str]]) -> None:
    """Insert (leaf's primary key, role, hex digest)."""
    values = list(digests)
    if values:
        _insert(LeafDigest._meta.db_table, _DIGEST, values)


def _insert(table: str, columns: Mapping[str, str], values: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows. Names and types are constants of this module; every value is a parameter."""
    quote = connection.ops.quote_name
    into = f"INSERT INTO {quote(table)} ({', '.join(map(quote, columns))})"
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{each}[]" for each in columns.values())
        statement = f"{into} SELECT * FROM unnest({arrays})"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(each) for each in zip(*values, strict=True)])
        return
    statement = f"{into} VALUES ({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
