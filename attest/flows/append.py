"""Append leaves: exactly once a key, in one order, at indexes that never change."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from attest.errors import AttestError, LogInconsistent
from attest.flows.hashes import store_subtrees
from attest.flows.head import compact_range_of, lock_head
from attest.flows.insert import insert_digests, insert_leaves
from attest.log.leaf import Kind, Leaf, Opening
from attest.log.merkle import leaf_hash
from attest.models import LeafRow

logger = logging.getLogger(__name__)


class KeyReused(AttestError):
    """A key that already stands for one leaf came again with another content."""

    code = "append_key_reused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf to append under a key of at most 200 characters; `opening` opens its commitments."""

    key: str
    leaf: Leaf
    opening: Opening | None = None


def append(
    kind: Kind | str,
    *,
    key: str,
    opening: Opening | None = None,
    source_type: str | None = None,
    name: str | None = None,
    document: str | None = None,
    issued: datetime | None = None,
) -> LeafRow:
    """Append one leaf, or return the one that `key` already stands for.

    An attestation needs `source_type` and an `opening` (`Opening.fresh(digests)`); a policy, model or trust
    list needs `name` and `document` (hex SHA-256); revocations go through `flows.revoke`. `issued` defaults
    to now. Raises ValueError on a malformed body and KeyReused where the key's leaf says something else.
    """
    leaf = Leaf(
        kind=Kind(kind),
        issued=issued or datetime.now(UTC),
        source_type=source_type,
        commitments=opening.commitments() if opening else {},
        name=name,
        document=document,
    )
    return append_many([Entry(key, leaf, opening)])[0]


def append_many(entries: Sequence[Entry]) -> list[LeafRow]:
    """Append in the order given, in one transaction; rows come back in that order.

    An entry whose key is known, from before or from earlier in the batch, appends nothing and yields the row
    that has it. Raises KeyReused as `append` does, and then nothing at all was appended.
    """
    for entry in entries:
        if not 0 < len(entry.key) <= 200:
            raise ValueError("a key has 1 to 200 characters")
        if entry.opening is not None:
            entry.leaf.opened_by(entry.opening)
    with transaction.atomic():
        head = lock_head()
        rows = _rows_by_key(entries)
        fresh: dict[str, Entry] = {}
        for entry in entries:
            if entry.key in rows:
                _check_same(entry, rows[entry.key])
            elif entry.key in fresh:
                if _content(entry.leaf, entry.opening) != _content(
                    fresh[entry.key].leaf, fresh[entry.key].opening
                ):
                    raise KeyReused(f"The key {entry.key} comes twice with different leaves.")
            else:
                fresh[entry.key] = entry
        if fresh:
            grown = compact_range_of(head)
            _warn_of_clock(head.size, list(fresh.values()))
            made = [_row(entry, head.size + at) for at, entry in enumerate(fresh.values())]
            grown = grown.extend(bytes(row.leaf_hash) for row in made)
            made = insert_leaves(made)
            insert_digests(_digests(made, fresh.values()))
            store_subtrees(head.size, grown.size)
            head.size, head.compact_range = grown.size, [each.hex() for each in grown.hashes]
            head.save(update_fields=["size", "compact_range"])
            rows |= {row.key: row for row in made}
    return [rows[entry.key] for entry in entries]


def _rows_by_key(entries: Sequence[Entry]) -> dict[str, LeafRow]:
    keys, rows = [entry.key for entry in entries], dict[str, LeafRow]()
    # SQLite refuses statements with very many parameters.
    for at in range(0, len(keys), 500):
        rows |= {row.key: row for row in LeafRow.objects.filter(key__in=keys[at : at + 500])}
    return rows


def _row(entry: Entry, index: int) -> LeafRow:
    data = entry.leaf.encode()
    return LeafRow(
        index=index,
        key=entry.key,
        data=data,
        leaf_hash=leaf_hash(data),
        salt=entry.opening.salt if entry.opening else None,
        kind=entry.leaf.kind.value,
        created_at=entry.leaf.issued,
    )


def _digests(rows: list[LeafRow], entries: Iterable[Entry]) -> Iterator[tuple[int, str, str]]:
    for row, entry in zip(rows, entries, strict=True):
        if entry.opening is not None:
            for role, digest in sorted(entry.opening.digests.items()):
                yield row.pk, role, digest


def _content(leaf: Leaf, opening: Opening | None) -> tuple[object, ...]:
    """What a retry must repeat: everything but the time and the salt."""
    digests: Mapping[str, str] = opening.digests if opening else {}
    return (
        leaf.kind,
        leaf.source_type,
        tuple(sorted(digests.items())),
        leaf.target_index,
        leaf.target_hash,
        leaf.name,
        leaf.document,
    )


def opening_of(row: LeafRow) -> Opening | None:
    """The opening of a stored leaf, or None where it has none (any more).

    Raises LogInconsistent (`opening_differs`) where the stored salt or digests are malformed.
    """
    if row.salt is None:
        return None
    digests = {each.role: each.digest for each in row.digests.all()}
    try:
        return Opening(bytes(row.salt), digests)
    except ValueError as error:
        raise LogInconsistent(
            f"The opening of leaf {row.index} is damaged.", code="opening_differs"
        ) from error


def _check_same(entry: Entry, row: LeafRow) -> None:
    known = Leaf.parse(bytes(row.data))
    if row.salt is None and known.commitments:
        return  # Erased: there is nothing left to compare with, and the key still stands for this leaf.
    if _content(entry.leaf, entry.opening) != _content(known, opening_of(row)):
        raise KeyReused(f"The key {entry.key} already stands for another leaf.")


def _warn_of_clock(size: int, entries: list[Entry]) -> None:
    """Raise the alarm of a clock that went back; order comes from the index, so nothing else hangs on it."""
    last = LeafRow.objects.filter(index=size - 1).values_list("created_at", flat=True).first()
    first = min(entry.leaf.issued for entry in entries)
    if last is not None and first < last:
        logger.warning("clock_went_back: a leaf is issued at %s, the one before it at %s", first, last)
