"""A proof in the form that other transparency logs' tools read: C2SP tlog-proof (c2sp.org/tlog-proof@v1).

    c2sp.org/tlog-proof@v1
    extra <base64 of the leaf's bytes, from which the leaf hash is computed>
    index <decimal>
    <base64 of each hash of the inclusion proof, a line each>
                          (an empty line)
    <the checkpoint, a signed note with its cosignatures>

It shows the leaf in the log, and neither the file (salt and digests stay in the bundle) nor any anchor.
"""

import base64

from attest.errors import ProofInvalid
from attest.proofs.bundle import ProofBundle

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"


def tlog_proof(bundle: ProofBundle) -> str:
    """The tlog-proof of a bundle. Raises ProofInvalid `proof_pending` where there is no checkpoint yet."""
    if bundle.checkpoint is None:
        error = ProofInvalid("The proof is pending: it has no checkpoint to export.", code="proof_pending")
        error.permanent = False
        raise error
    lines = [HEADER, f"extra {_b64(bundle.leaf)}", f"index {bundle.index}", *map(_b64, bundle.inclusion), ""]
    return "".join(f"{line}\n" for line in lines) + bundle.checkpoint


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
