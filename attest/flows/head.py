"""The log's head: the one row that puts appends and checkpoints in order."""

from django.db.models import F

from attest.errors import LogInconsistent
from attest.log.merkle import CompactRange
from attest.models import LogHead


def lock_head() -> LogHead:
    """Lock the log's head until the transaction ends, and return it. Call it first, inside `atomic()`.

    The lock is a write: on PostgreSQL it locks the row, and on SQLite it takes the database's write lock
    whatever the transaction mode, so that no later statement can meet a stale snapshot.
    """
    if not LogHead.objects.filter(pk=1).update(size=F("size")):
        LogHead.objects.bulk_create([LogHead(pk=1)], ignore_conflicts=True)
        LogHead.objects.filter(pk=1).update(size=F("size"))
    return LogHead.objects.get(pk=1)


def compact_range_of(head: LogHead) -> CompactRange:
    """The head's compact range. Raises LogInconsistent (`head_differs`) where it does not fit the size."""
    try:
        return CompactRange(head.size, tuple(bytes.fromhex(each) for each in head.compact_range))
    except (ValueError, TypeError) as error:
        raise LogInconsistent("The log's head is damaged.", code="head_differs") from error
