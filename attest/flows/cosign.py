"""Have witnesses cosign the newest checkpoint; their lines are kept, published and carried by proofs."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from attest.errors import AttestError
from attest.flows.hashes import hashes_at
from attest.flows.published import publish_checkpoint
from attest.log.cosignature import WitnessKey, cosigned_at
from attest.log.merkle import consistency_proof
from attest.log.note import Note
from attest.log.store import TileStore
from attest.models import CheckpointRow, Cosignature
from attest.outside import SECONDS
from attest.witness_client import WitnessAddress, cosign

logger = logging.getLogger(__name__)


def cosign_newest(witnesses: Iterable[WitnessAddress], store: TileStore, *, seconds: float = SECONDS) -> int:
    """Ask each witness that has not cosigned the newest checkpoint; how many lines that gave.

    A witness cosigns only the largest tree that it has seen, so older checkpoints are not made up for. One
    witness's trouble does not stop another's; the last error is raised when all were asked:
    OutsideUnavailable, WitnessRefused, WitnessConflict or ProofInvalid.
    """
    row = CheckpointRow.objects.order_by("-size").first()
    if row is None:
        return 0
    made, trouble = 0, None
    done = set(row.cosignatures.values_list("witness", flat=True))
    for witness in witnesses:
        if str(witness.key) in done:
            continue
        try:
            made += _cosign(row, witness, store, seconds)
        except AttestError as error:
            logger.warning("witness %s: %s (%s)", witness.key.name, error, error.code)
            trouble = error
    if made:
        publish_checkpoint(store)
    if trouble is not None:
        raise trouble
    return made


def _cosign(row: CheckpointRow, witness: WitnessAddress, store: TileStore, seconds: float) -> bool:
    get_hash = hashes_at(store, row.size)
    line = cosign(
        witness,
        Note.parse(row.note),
        _last_size(witness.key),
        lambda old, new: consistency_proof(old, new, get_hash),
        seconds=seconds,
    )
    moment = datetime.fromtimestamp(min(cosigned_at(line), 2**37), UTC)
    _, created = Cosignature.objects.get_or_create(
        checkpoint=row, witness=str(witness.key), defaults={"line": str(line), "cosigned_at": moment}
    )
    return created


def _last_size(key: WitnessKey) -> int:
    """The size that this witness cosigned last, as far as we know."""
    rows = Cosignature.objects.filter(witness=str(key)).order_by("-checkpoint__size")
    return rows.values_list("checkpoint__size", flat=True).first() or 0
