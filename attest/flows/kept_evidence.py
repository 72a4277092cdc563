"""The evidence that was kept for an anchor, as proofs carry it. Web processes ask: no chain library here."""

from collections.abc import Iterable

from attest.errors import AttestError
from attest.models import AnchorEvidence, CheckpointAnchor
from attest.proofs import rlp
from attest.proofs.evidence import Evidence


def evidence_for(anchor: CheckpointAnchor, leaf_index: int) -> Evidence | None:
    """The evidence kept for an anchor, with the leaf's word of revocation bits where that was captured."""
    row = AnchorEvidence.objects.filter(anchor=anchor).first()
    if row is None:
        return None
    words = {rlp.integer(word): _nodes(nodes) for word, nodes in _pairs(bytes(row.revocation))}
    return Evidence(
        block=row.block_number,
        header=bytes(row.header),
        account=_nodes(rlp.decode(bytes(row.account))),
        storage=_nodes(rlp.decode(bytes(row.storage))),
        revocation=words.get(leaf_index >> 8),
    )


def _pairs(raw: bytes) -> Iterable[tuple[rlp.Item, rlp.Item]]:
    decoded = rlp.decode(raw)
    for pair in decoded if isinstance(decoded, list) else []:
        if isinstance(pair, list):
            yield pair[0], pair[1]


def _nodes(item: rlp.Item) -> tuple[bytes, ...]:
    if isinstance(item, bytes) or any(isinstance(each, list) for each in item):
        raise AttestError("The evidence kept in the database is damaged.", code="evidence_damaged")
    return tuple(each for each in item if isinstance(each, bytes))
