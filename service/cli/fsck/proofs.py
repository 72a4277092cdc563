"""Proofs against the log: an attestation's bundle is made, read back and verified as a stranger would."""

from collections.abc import Iterator

from attest.errors import AttestError
from attest.log.leaf import Kind
from attest.models import LeafRow
from attest.proofs.bundle import ProofBundle
from attest.proofs.verifier import verify
from attest.queries import latest_checkpoint, proof_for
from service import wiring
from service.cli.fsck.difference import Difference

MOST_PROVED = 200


def differences(*, full: bool = False) -> Iterator[Difference]:
    """Attestations whose proof cannot be made or does not verify: every one, or 200 spread over the log."""
    vkey = wiring.log_key().vkey
    sealed = latest_checkpoint()
    rows = LeafRow.objects.filter(
        kind=Kind.ATTESTATION, salt__isnull=False, index__lt=sealed.size if sealed else 0
    )
    indexes = list(rows.order_by("index").values_list("index", flat=True))
    # The last one too, which is under the newest checkpoint alone.
    chosen = indexes if full else [*indexes[:: max(1, len(indexes) // MOST_PROVED)], *indexes[-1:]]
    for index in sorted(set(chosen)):
        try:
            bundle = ProofBundle.parse(proof_for(index, vkey).to_json())
            verify(bundle, bundle.opening.digests, log_key=str(vkey))
        except AttestError as error:
            yield Difference("proofs", error.code, f"The proof of leaf {index}: {error}")
